using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;

namespace Nexus.Core.Routing;

/// <summary>Everything that routing follows from.</summary>
/// <param name="Spec">What is asked for.</param>
/// <param name="SpecRevision">Its revision.</param>
/// <param name="Readings">The last look at each pool in the catalog; a pool that is missing was not looked at yet.</param>
public sealed record RoutingFacts(ClusterSpec Spec, long SpecRevision, IReadOnlyDictionary<PoolName, PoolReading> Readings)
{
    /// <summary>Shares of requests that rollouts ask for, by pool.</summary>
    public ImmutableDictionary<PoolName, ImmutableArray<RevisionWeight>> Weights { get; init; } =
        ImmutableDictionary<PoolName, ImmutableArray<RevisionWeight>>.Empty;

    /// <summary>News that nodes pushed and the catalog has not overruled.</summary>
    public ImmutableDictionary<AllocationId, AllocationNews> News { get; init; } =
        ImmutableDictionary<AllocationId, AllocationNews>.Empty;

    /// <summary>
    /// Whether Consul holds no spec any more: it lost its data, and the catalog fills again replica by replica.
    /// </summary>
    public bool SpecIsLost { get; init; }

    /// <summary>Whether rollouts were read at all; before that, the last known weights hold.</summary>
    public bool KnowsWeights { get; init; }

    /// <summary>The leader's record of routes; null where there is none, or none that can be read.</summary>
    public RoutesRecord? Routes { get; init; }

    /// <summary>Pools at which this gateway has requests or WebSockets under way.</summary>
    public ImmutableHashSet<PoolName> Busy { get; init; } = [];

    /// <summary>Where the nodes' agents are reached; null before that was read, when the last known ones hold.</summary>
    public ImmutableArray<AgentAddress>? Agents { get; init; }
}

/// <summary>Decides where requests go. Believes good news at once, and bad news only as far as it can be true.</summary>
public static class RoutingTable
{
    /// <summary>
    /// The routing that follows from the spec and the last look at each pool; <paramref name="previous"/> itself when nothing
    /// changed. A pool that could not be read keeps what it had, and so does one whose list is suddenly empty although its
    /// spec never lets it be. News from nodes go before the catalog as long as the catalog has said nothing since.
    /// </summary>
    /// <param name="facts">What it follows from.</param>
    /// <param name="previous">What was applied last.</param>
    public static RoutingSnapshot Compute(RoutingFacts facts, RoutingSnapshot previous)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(previous);
        var (asked, revision) = RoutesOf(facts, previous);
        var (routes, refused) = RouteRules.Split(asked);
        var routed = routes.Select(r => r.Pool).ToHashSet();
        var next = new RoutingSnapshot
        {
            Revision = previous.Revision + 1,
            SpecRevision = facts.SpecRevision,
            RoutesRevision = revision,
            Routes = routes,
            Refused = refused,
            Pools =
            [
                .. routed.Union(Watched(facts)).Union(previous.Pools.Select(p => p.Name).Where(facts.Busy.Contains))
                    .OrderBy(pool => pool.Value, StringComparer.Ordinal)
                    .Select(pool => PoolFor(pool, facts, previous.Find(pool), routed.Contains(pool))),
            ],
            Headers = facts.Spec.Gateway.Headers,
            Retry = facts.Spec.Gateway.Retry,
            SlowStart = facts.Spec.Gateway.SlowStart,
            Agents = facts.Agents ?? previous.Agents,
        };
        return !previous.IsEmpty && next.RoutesLike(previous) ? previous : next;
    }

    /// <summary>Pools whose replicas must be known: those that routes lead to, and those that they shall lead to once they serve.</summary>
    public static ImmutableHashSet<PoolName> Watched(RoutingFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var spec = facts.Spec.Gateway.Routes.Select(route => route.Pool);
        return [.. facts.Routes is { } record ? spec.Concat(record.Routes.Select(route => route.Pool)).Where(IsName) : spec];

        static bool IsName(PoolName pool) => NameRules.IsValid(pool.Value);
    }

    // The leader's record, as far as it could ever be read: one that is gone or unreadable changes nothing.
    private static (ImmutableArray<Route> Routes, long Revision) RoutesOf(RoutingFacts facts, RoutingSnapshot previous) =>
        facts.Routes is { } record ? (record.Routes, record.Revision)
        : previous.RoutesRevision > 0 ? (previous.Routes, previous.RoutesRevision)
        : (RouteOrder.Compute(facts.Spec), 0);

    private static PoolRouting PoolFor(PoolName name, RoutingFacts facts, PoolRouting? before, bool isRouted)
    {
        var pool = facts.Spec.Pools.FirstOrDefault(p => p.Name == name);
        var routing = Believed(name, facts, pool, before, isRouted);
        var asked = facts.KnowsWeights ? facts.Weights.GetValueOrDefault(name, []) : before?.Weights ?? [];
        return routing with
        {
            IsRouted = isRouted,
            Drain = pool?.Template.Drain ?? before?.Drain ?? new(),
            OutlierDetection = pool?.OutlierDetection ?? before?.OutlierDetection ?? new(),
            Weights = Keepable(asked, routing),
        };
    }

    private static PoolRouting Believed(PoolName name, RoutingFacts facts, PoolSpec? pool, PoolRouting? before, bool isRouted)
    {
        var reading = facts.Readings.GetValueOrDefault(name, PoolReading.NotYet);
        var known = before?.Destinations ?? [];
        var probe = pool is null ? before?.Probe : ProbePlan.For(pool.Template.Health);
        var news = facts.News.Values.Where(n => n.Pool == name).ToList();
        if (reading.Outcome != ReadingOutcome.Listed)
        {
            return new PoolRouting(name, PoolTrust.LastKnown, NewsOverlay.Over(known, news, isCurrent: false, Protocol), probe);
        }

        var listed = NewsOverlay.Over(Listed(reading.Instances, known), news, isCurrent: true, Protocol);
        if (facts.SpecIsLost)
        {
            var unlisted = NewsOverlay.Over(known, news, isCurrent: false, Protocol).Where(k => listed.All(d => d.Id != k.Id));
            return new PoolRouting(name, PoolTrust.LastKnown, [.. listed.Concat(unlisted).OrderBy(d => d.Id.Value, StringComparer.Ordinal)], probe);
        }

        var mustServe = pool?.MinReplicas > 0 || (pool is null && isRouted); // Kept until another pool serves in its place.
        if (listed.IsEmpty && !known.IsEmpty && mustServe)
        {
            return new PoolRouting(name, PoolTrust.LastKnown, NewsOverlay.Over(known, news, isCurrent: false, Protocol), probe);
        }

        return SuspectsItsChecks(listed, before?.Trust == PoolTrust.Panic)
            ? new PoolRouting(name, PoolTrust.Panic, [.. listed.Select(ServeAnyway)], probe)
            : new PoolRouting(name, PoolTrust.Current, listed, probe);

        // Nodes do not push the protocol: a replica speaks that of its revision.
        AppProtocol Protocol(PoolRevision revision) =>
            reading.Instances.FirstOrDefault(i => i.Revision == revision)?.Protocol
            ?? known.FirstOrDefault(d => d.Revision == revision)?.Protocol
            ?? pool?.Template.Protocol
            ?? AppProtocol.Http1;
    }

    // Shares are for revisions that can take them: where nobody in rotation would be left to ask, they are ignored.
    private static ImmutableArray<RevisionWeight> Keepable(ImmutableArray<RevisionWeight> asked, PoolRouting routing)
    {
        var weighted = routing with { Weights = asked };
        return routing.InRotation.Any(weighted.TakesRequests) ? asked : [];
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
        var now = new Destination(
            instance.Allocation!.Value, NewsOverlay.AddressOf(instance.Host, instance.Port), instance.Attempt, Rotation.Unhealthy, false)
        {
            Node = instance.Node,
            Revision = instance.Revision,
            Protocol = instance.Protocol,
        };
        var hasServed = known.Any(d => d.HasServed && d.IsSameLife(now));
        return instance.Health switch
        {
            InstanceHealth.Passing => now with { Rotation = Rotation.In, HasServed = true },
            InstanceHealth.Maintenance => now with { Rotation = Rotation.Maintenance, HasServed = hasServed },

            // Consul lost sight of the node, which says little about the replica: who served goes on, watched by the gateway.
            InstanceHealth.NodeSilent when hasServed => now with { Rotation = Rotation.In, HasServed = true, IsDoubted = true },
            _ => now with { HasServed = hasServed },
        };
    }

    // One replica that fails is a failed replica. Several that served and now all fail are more likely a failed check:
    // if they are dead after all, no request is worse off than with an empty pool. Once suspected, always until one passes.
    private static bool SuspectsItsChecks(ImmutableArray<Destination> listed, bool already) =>
        !listed.Any(d => d.Rotation == Rotation.In)
        && listed.Count(d => d is { Rotation: Rotation.Unhealthy, HasServed: true }) > (already ? 0 : 1);

    private static Destination ServeAnyway(Destination destination) =>
        destination is { Rotation: Rotation.Unhealthy, HasServed: true } ? destination with { Rotation = Rotation.In } : destination;
}
