using System.Collections.Immutable;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>A volume or a path of the node in a service.</summary>
/// <param name="At">Where it is written.</param>
/// <param name="Source">The volume's name, or the absolute path, as a spec has it.</param>
/// <param name="Target">Where it is in the container.</param>
/// <param name="IsReadOnly">Whether the service cannot write to it.</param>
internal sealed record ServiceMount(SpecCursor At, string Source, string Target, bool IsReadOnly)
{
    /// <summary>Whether it is a volume, which Docker makes where it is missing, and no path.</summary>
    public bool IsNamed => !Source.StartsWith('/');
}

/// <summary>What a service mounts, in both forms that compose files have for it.</summary>
internal sealed class ServiceMounts(SpecCursor service, ServiceSurroundings surroundings)
{
    private const string Forms = "SOURCE:TARGET or SOURCE:TARGET:ro, or a map with type, source and target";

    public ImmutableArray<ServiceMount> Read() => ComposeValue.At(service, "volumes") is { } volumes
        ? [.. ComposeValue.Items(volumes, "a list of volumes").Select(at => at.Node is SpecMapping ? Long(at) : Short(at)).OfType<ServiceMount>()]
        : [];

    /// <summary>A path of the file as an absolute one.</summary>
    public static string Absolute(string path, ComposeSource source)
    {
        var parts = path.StartsWith('/') ? []
            : path.StartsWith('~')
            ? [.. (source.Variable("HOME") ?? "/root").Split('/', StringSplitOptions.RemoveEmptyEntries)]
            : source.Directory.Split('/', StringSplitOptions.RemoveEmptyEntries).ToList();
        foreach (var part in path.TrimStart('~').Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."))
        {
            if (part != "..")
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
        }

        return $"/{string.Join('/', parts)}";
    }

    private ServiceMount? Short(SpecCursor at)
    {
        if (at.Node is not SpecScalar { Kind: not ScalarKind.Null } scalar)
        {
            return Refused(at);
        }

        switch (WindowsPaths.Sections(scalar.Text))
        {
            case [var target]:
                return Anonymous(at, target);
            case [var source, var target]:
                return Mount(at, source, target, isReadOnly: false);
            case [var source, var target, var options]:
                return Mount(at, source, target, IsReadOnly(at, options));
            default:
                return Refused(at);
        }
    }

    private static bool IsReadOnly(SpecCursor at, string options)
    {
        var words = options.Split(',');
        foreach (var lost in words.Where(word => word is not ("" or "ro" or "rw" or "cached" or "delegated" or "consistent")))
        {
            at.Warn($"the option {Excerpt.Cut(lost)} is not carried over: the Docker Engine's default holds");
        }

        return words.Contains("ro");
    }

    private ServiceMount? Long(SpecCursor at)
    {
        ComposeKeys.Volume.Judge(at);
        ComposeKeys.Bind.Judge(at.Has("bind") ? at.Child("bind") : at with { Node = new SpecScalar(at.At, "", ScalarKind.Null, false) });
        ComposeKeys.NamedVolume.Judge(at.Has("volume") ? at.Child("volume") : at with { Node = new SpecScalar(at.At, "", ScalarKind.Null, false) });
        var (type, source, target) = (ComposeValue.Text(at, "type"), ComposeValue.Text(at, "source"), ComposeValue.Text(at, "target"));
        if (target is null)
        {
            at.Error("target is missing; allowed is an absolute path in the container");
            return null;
        }

        switch (type)
        {
            case "bind" or "volume" when source is not null:
                return Mount(at, type == "bind" && source is not ['/' or '~', ..] && !WindowsPaths.IsOne(source) ? $"./{source}" : source, target,
                    ComposeValue.Flag(at, "read_only") == true);
            case "volume":
                return Anonymous(at, target);
            default:
                at.Warn($"a {type ?? "volume without a type"} at {Excerpt.Cut(target)} is not carried over"
                    + (type == "tmpfs" ? ": there is a /tmp in memory where read_only is true, and no other" : ""));
                return null;
        }
    }

    private static ServiceMount? Anonymous(SpecCursor at, string target)
    {
        at.Warn($"{Excerpt.Cut(target)} is not carried over: a volume without a name would be a new one for every replica; give it a name to keep what is in it");
        return null;
    }

    private ServiceMount? Mount(SpecCursor at, string source, string target, bool isReadOnly) => source switch
    {
        [] => Refused(at),
        _ when WindowsPaths.IsOne(source) || WindowsPaths.IsOne(target) => WindowsPaths.Refuse(at, WindowsPaths.IsOne(source) ? source : target),
        ['/' or '.' or '~', ..] => new ServiceMount(at, Absolute(source, surroundings.Source), target, isReadOnly),
        _ => new ServiceMount(at, VolumeName(source), target, isReadOnly),
    };

    // Compose puts the project's name in front of a volume's, unless it has one of its own or was made elsewhere.
    private string VolumeName(string key)
    {
        if (surroundings.Volumes.Node is not SpecMapping map || map.Find(key) is null)
        {
            return $"{surroundings.Project}_{key}";
        }

        return ComposeNames.Volume(surroundings.Volumes.Child(key), key, surroundings.Project);
    }

    private static ServiceMount? Refused(SpecCursor at)
    {
        at.Refuse(Forms);
        return null;
    }
}
