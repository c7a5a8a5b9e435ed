using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;

namespace Nexus.Core.Routing;

/// <summary>Decides where requests go. Believes good news at once, and bad news only as far as it can be true.</summary>
public static class RoutingTable
{
    /// <summary>
    /// The routing that follows from the spec and the last look at each pool; <paramref name="previous"/> itself when nothing
    /// changed. A pool that could not be read keeps what it had, and so does one whose list is suddenly empty although its
    /// spec never lets it be.
    /// </summary>
    /// <param name="spec">What is asked for.</param>
    /// <param name="specRevision">Its revision.</param>
    /// <param name="readings">The last look at each pool; a pool that is missing was not looked at yet.</param>
    /// <param name="previous">What was applied last.</param>
    public static RoutingSnapshot Compute(
        ClusterSpec spec,
        long specRevision,
        IReadOnlyDictionary<PoolName, PoolReading> readings,
        RoutingSnapshot previous)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(readings);
        ArgumentNullException.ThrowIfNull(previous);
        var routes = RouteOrder.Compute(spec);
        var next = new RoutingSnapshot
        {
            Revision = previous.Revision + 1,
            SpecRevision = specRevision,
            Routes = routes,
            Pools =
            [
                .. routes.Select(r => r.Pool).Distinct()
                    .OrderBy(pool => pool.Value, StringComparer.Ordinal)
                    .Select(pool => PoolFor(pool, spec, readings.GetValueOrDefault(pool, PoolReading.NotYet), previous.Find(pool))),
            ],
            Headers = spec.Gateway.Headers,
        };
        return !previous.IsEmpty && next.RoutesLike(previous) ? previous : next;
    }

    private static PoolRouting PoolFor(PoolName name, ClusterSpec spec, PoolReading reading, PoolRouting? before)
    {
        var pool = spec.Pools.FirstOrDefault(p => p.Name == name);
        var known = before?.Destinations ?? [];
        var probe = pool is null ? null : ProbePlan.For(pool.Template.Health);
        if (reading.Outcome != ReadingOutcome.Listed)
        {
            return new PoolRouting(name, PoolTrust.LastKnown, known, probe);
        }

        var listed = Listed(reading.Instances, known);
        if (listed.IsEmpty && !known.IsEmpty && pool is { MinReplicas: > 0 })
        {
            return new PoolRouting(name, PoolTrust.LastKnown, known, probe);
        }

        return SuspectsItsChecks(listed, before?.Trust == PoolTrust.Panic)
            ? new PoolRouting(name, PoolTrust.Panic, [.. listed.Select(ServeAnyway)], probe)
            : new PoolRouting(name, PoolTrust.Current, listed, probe);
    }

    private static ImmutableArray<Destination> Listed(
        ImmutableArray<CatalogInstance> instances, ImmutableArray<Destination> known) =>
    [
        .. instances
            .Where(i => i.Allocation is not null && i.Port > 0)
            .GroupBy(i => i.Allocation!.Value)
            .Select(lives => lives.OrderByDescending(i => i.Attempt).ThenBy(i => i.Health).First())
            .Select(i => ToDestination(i, known))
            .OrderBy(d => d.Id.Value, StringComparer.Ordinal),
    ];

    private static Destination ToDestination(CatalogInstance instance, ImmutableArray<Destination> known)
    {
        var rotation = instance.Health switch
        {
            InstanceHealth.Passing => Rotation.In,
            InstanceHealth.Maintenance => Rotation.Maintenance,
            _ => Rotation.Unhealthy,
        };
        var host = instance.Host.Contains(':', StringComparison.Ordinal) ? $"[{instance.Host}]" : instance.Host;
        var now = new Destination(
            instance.Allocation!.Value, $"http://{host}:{instance.Port}", instance.Attempt, rotation, rotation == Rotation.In);
        return now.HasServed || known.Any(d => d.HasServed && d.IsSameLife(now)) ? now with { HasServed = true } : now;
    }

    // One replica that fails is a failed replica. Several that served and now all fail are more likely a failed check:
    // if they are dead after all, no request is worse off than with an empty pool. Once suspected, always until one passes.
    private static bool SuspectsItsChecks(ImmutableArray<Destination> listed, bool already) =>
        !listed.Any(d => d.Rotation == Rotation.In)
        && listed.Count(d => d is { Rotation: Rotation.Unhealthy, HasServed: true }) > (already ? 0 : 1);

    private static Destination ServeAnyway(Destination destination) =>
        destination is { Rotation: Rotation.Unhealthy, HasServed: true } ? destination with { Rotation = Rotation.In } : destination;
}
