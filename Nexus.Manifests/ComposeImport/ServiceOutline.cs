using System.Collections.Immutable;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>What services must know of each other before any of them is read.</summary>
/// <param name="Pool">The pool it becomes.</param>
/// <param name="Ports">Its TCP ports; the first becomes the pool's, and without one nobody finds it.</param>
/// <param name="Sources">The volumes and paths that it mounts, as a spec names them.</param>
/// <param name="Aliases">Other names that it is found by in Compose.</param>
internal sealed record ServiceOutline(string Pool, ImmutableArray<int> Ports, ImmutableHashSet<string> Sources, ImmutableArray<string> Aliases)
{
    /// <summary>The ports that services are asked at by others.</summary>
    public static ILookup<string, int> AskedPorts(SpecCursor services, SpecMapping map, ComposeSource source) => ServiceHosts.Compute(services, map)
        .Uses(services, map, source).Where(use => use.Port is not null).Distinct()
        .ToLookup(use => use.Service, use => use.Port!.Value, StringComparer.Ordinal);

    /// <summary>The outlines of all services, by name. Reports nothing: each service is read again for its own sake.</summary>
    /// <param name="services">The services.</param>
    /// <param name="names">The pool that each becomes.</param>
    /// <param name="surroundings">What they may refer to, without each other.</param>
    public static IReadOnlyDictionary<string, ServiceOutline> Compute(
        SpecCursor services, IReadOnlyDictionary<string, string> names, ServiceSurroundings surroundings)
    {
        var unheard = new ProblemList();
        var quiet = surroundings with { Volumes = surroundings.Volumes with { Problems = unheard } };
        return names.ToDictionary(name => name.Key, name => Of(services.Child(name.Key) with { Problems = unheard }, name.Value, quiet), StringComparer.Ordinal);
    }

    private static ServiceOutline Of(SpecCursor service, string pool, ServiceSurroundings surroundings) => service.Node is SpecMapping
        ? new ServiceOutline(
            pool, [.. ServicePorts.Find(service).Select(port => port.Target)],
            [.. new ServiceMounts(service, surroundings).Read().Select(mount => mount.Source)], [.. ServiceMentions.Aliases(service)])
        : new ServiceOutline(pool, [], [], []);
}
