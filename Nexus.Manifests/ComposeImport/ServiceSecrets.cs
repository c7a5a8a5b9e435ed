using System.Collections.Immutable;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>Secrets and configs that are files: Compose mounts them, and so does a pool.</summary>
internal sealed class ServiceSecrets(SpecCursor service, ServiceSurroundings surroundings)
{
    public ImmutableArray<ServiceMount> Read() => [.. Of("secrets", "/run/secrets/"), .. Of("configs", "/")];

    private List<ServiceMount> Of(string key, string folder)
    {
        if (ComposeValue.At(service, key) is not { } list)
        {
            return [];
        }

        return ComposeValue.Items(list, $"a list of {key}").Select(at => MountOf(at, key, folder)).OfType<ServiceMount>().ToList();
    }

    private ServiceMount? MountOf(SpecCursor at, string key, string folder)
    {
        ComposeKeys.MountedFile.Judge(at);
        var name = at.Node is SpecMapping ? ComposeValue.Text(at, "source") : (at.Node as SpecScalar)?.Text;
        if (name is null)
        {
            at.Refuse($"the name of one of {key}, or a map with source");
            return null;
        }

        var declared = surroundings.File.Has(key) ? surroundings.File.Child(key).Child(name) : null;
        if (declared?.Node is not SpecMapping || ComposeValue.Text(declared, "file") is not { } file)
        {
            at.Warn($"{Excerpt.Cut(name)} is not carried over, since it is no file: a spec cannot name secrets yet; mount a file of the node under volumes, or set a variable under env");
            return null;
        }

        var target = (at.Node is SpecMapping ? ComposeValue.Text(at, "target") : null) ?? name;
        if (WindowsPaths.IsOne(file))
        {
            return WindowsPaths.Refuse(declared.Child("file"), file);
        }

        if (WindowsPaths.IsOne(target))
        {
            return WindowsPaths.Refuse(at.Child("target"), target);
        }

        at.Warn($"{Excerpt.Cut(name)} is mounted from the node's file, as Compose does: a spec cannot name secrets yet. The pool's user must be able to read it");
        return new ServiceMount(at, ServiceMounts.Absolute(file, surroundings.Source), target.StartsWith('/') ? target : $"{folder}{target}", IsReadOnly: true);
    }
}
