using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.ComposeImport;

/// <summary>What is mounted into a service.</summary>
internal sealed class ServiceVolumes(SpecCursor service, PoolDraft pool, ServiceSurroundings surroundings)
{
    private const string Forms = "SOURCE:TARGET or SOURCE:TARGET:ro, or a map with type, source and target";

    public void Read()
    {
        if (ComposeValue.At(service, "volumes") is not { } volumes)
        {
            return;
        }

        var mounts = ComposeValue.Items(volumes, "a list of volumes")
            .Select(at => at.Node is SpecMapping ? Long(at) : Short(at)).OfType<YamlTree>().ToList();
        if (mounts.Count > 0)
        {
            pool.Set("volumes", new YamlList(mounts), volumes);
        }
    }

    /// <summary>A path of the file as an absolute one.</summary>
    public static string Absolute(string path, ComposeSource source)
    {
        if (path.StartsWith('/'))
        {
            return path;
        }

        var parts = path.StartsWith('~')
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

    private YamlTree? Short(SpecCursor at)
    {
        if (at.Node is not SpecScalar { Kind: not ScalarKind.Null } scalar)
        {
            at.Refuse(Forms);
            return null;
        }

        var parts = scalar.Text.Split(':');
        switch (parts)
        {
            case [var target]:
                Anonymous(at, target);
                return null;
            case [var source, var target]:
                return Mount(at, source, target, isReadOnly: false);
            case [var source, var target, var options]:
                return Mount(at, source, target, options.Split(',').Contains("ro"));
            default:
                at.Refuse(Forms);
                return null;
        }
    }

    private YamlTree? Long(SpecCursor at)
    {
        ComposeKeys.Volume.Judge(at);
        var (type, source, target) = (ComposeValue.Text(at, "type"), ComposeValue.Text(at, "source"), ComposeValue.Text(at, "target"));
        if (target is null)
        {
            at.Error("target is missing; allowed is an absolute path in the container");
            return null;
        }

        switch (type)
        {
            case "bind" or "volume" when source is not null:
                return Mount(at, type == "bind" && !source.StartsWith('/') && !source.StartsWith('~') ? $"./{source}" : source, target,
                    ComposeValue.Flag(at, "read_only") == true);
            case "volume":
                Anonymous(at, target);
                return null;
            default:
                at.Warn($"a {type ?? "volume without a type"} at {Excerpt.Cut(target)} is not carried over"
                    + (type == "tmpfs" ? ": there is a /tmp in memory where read_only is true, and no other" : ""));
                return null;
        }
    }

    private static void Anonymous(SpecCursor at, string target) => at.Warn(
        $"{Excerpt.Cut(target)} is not carried over: a volume without a name would be a new one for every replica; give it a name to keep what is in it");

    private YamlTree Mount(SpecCursor at, string source, string target, bool isReadOnly)
    {
        YamlTree Text(string from) => $"{from}:{target}{(isReadOnly ? ":ro" : "")}";
        if (source[0] is not ('/' or '.' or '~'))
        {
            return Text(VolumeName(source));
        }

        var path = Absolute(source, surroundings.Source);
        at.Warn($"{path} must be there on every node that may run the pool");
        return Text(path);
    }

    // Compose puts the project's name in front of a volume's, unless it has one of its own or was made elsewhere.
    private string VolumeName(string key)
    {
        if (surroundings.Volumes.Node is not SpecMapping map || map.Find(key) is null)
        {
            return $"{surroundings.Project}_{key}";
        }

        var volume = surroundings.Volumes.Child(key);
        if (ComposeValue.Text(volume, "driver") is { } driver and not "local")
        {
            volume.Warn($"driver {Excerpt.Cut(driver)} is not carried over: a volume is one of the node that the replica is on");
        }

        return ComposeValue.Text(volume, "name") ?? (volume.Has("external") ? key : $"{surroundings.Project}_{key}");
    }
}
