using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>What an entry of a service's list is about: of two entries with the same key, in two files, the later one replaces the other.</summary>
internal static class ComposeListKeys
{
    /// <summary>The key of an entry; null where every entry stands for itself.</summary>
    /// <param name="list">Name of the list.</param>
    /// <param name="item">The entry.</param>
    public static string? Find(string list, SpecNode item) => list switch
    {
        "volumes" => item is SpecMapping ? Text(item, "target") : VolumeTarget(Scalar(item)),
        "ports" => item is SpecMapping ? Port(Text(item, "host_ip"), Text(item, "published"), Text(item, "target"), Text(item, "protocol")) : Port(Scalar(item)),
        "env_file" => item is SpecMapping ? Text(item, "path") : Scalar(item),
        "secrets" or "configs" => item is SpecMapping ? Text(item, "target") ?? Text(item, "source") : Scalar(item),
        "devices" => item is SpecMapping ? Text(item, "target") : Scalar(item)?.Split(':') is [_, var target, ..] ? target : Scalar(item),
        "cap_add" or "cap_drop" or "expose" or "profiles" or "links" or "dns" or "dns_opt" or "dns_search" or "tmpfs" => Scalar(item),
        _ => null,
    };

    private static string? Scalar(SpecNode item) => (item as SpecScalar)?.Text;

    private static string? Text(SpecNode map, string key) => ((SpecMapping)map).Find(key)?.Value is SpecScalar { Kind: not ScalarKind.Null } scalar ? scalar.Text : null;

    private static string? VolumeTarget(string? volume) => volume is null ? null : WindowsPaths.Sections(volume) is [_, var target, ..] ? target : volume;

    private static string? Port(string? port)
    {
        if (port is null)
        {
            return null;
        }

        var slash = port.IndexOf('/');
        var (numbers, protocol) = slash < 0 ? (port, null) : (port[..slash], port[(slash + 1)..]);
        var last = numbers.LastIndexOf(':');
        if (last < 0)
        {
            return Port(null, null, numbers, protocol);
        }

        var (before, target) = (numbers[..last], numbers[(last + 1)..]);
        var colon = before.LastIndexOf(':');
        return colon < 0 ? Port(null, before, target, protocol) : Port(before[..colon], before[(colon + 1)..], target, protocol);
    }

    private static string Port(string? address, string? published, string? target, string? protocol) =>
        $"{address ?? "0.0.0.0"}:{published}:{target}/{protocol ?? "tcp"}";
}
