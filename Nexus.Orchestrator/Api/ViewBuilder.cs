using System.Collections.Immutable;
using System.Globalization;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Orchestrator.ControlLoops;

namespace Nexus.Orchestrator.Api;

/// <summary>Turns a look at the cluster into what the API shows. Pure.</summary>
internal static class ViewBuilder
{
    private const string Frozen = "most replicas fail their checks at once: the check is the suspect, so none is moved or exchanged for it";

    public static ImmutableArray<PoolView> Pools(Look look)
    {
        // Others stand in for what is lost; until its node is forgotten it would be one too many, healthy by what was last heard of it.
        var runs = look.Stored.Snapshot.Assignments.Values.Where(a => !IsLost(look, a.Node))
            .SelectMany(a => a.Allocations.Where(x => x.Desired == DesiredStatus.Run))
            .ToLookup(a => a.Pool);
        var observed = Observed(look.Stored.Snapshot);
        var troubles = ReplicaTroubles.Compute(look.Stored.Snapshot).Values.ToLookup(trouble => trouble.Pool);
        return [.. (look.Stored.Snapshot.Spec?.Pools ?? []).Select(pool =>
        {
            var revision = PoolRevisions.Compute(pool.Template);
            var members = runs[pool.Name].ToList();
            var rollout = look.Stored.Snapshot.Rollouts.GetValueOrDefault(pool.Name.Value);
            var serving = Serving(rollout, revision);
            return new PoolView
            {
                Name = pool.Name.Value,
                ServingRevision = serving?.Revision.Value,
                ServingImage = serving?.Template.Image,
                Image = pool.Template.Image,
                Revision = revision.Value,
                Desired = Reconciler.DesiredCount(pool),
                Running = members.Count,
                Healthy = members.Count(m => observed.GetValueOrDefault(m.Id.Value)?.Healthy == true),
                UpToDate = members.Count(m => m.Revision == revision),
                MinReplicas = pool.MinReplicas,
                MaxReplicas = pool.MaxReplicas,
                Blocked = look.Plan.Blocked.FirstOrDefault(b => b.Pool == pool.Name)?.Reason ?? (rollout?.FrozenSince is null ? null : Frozen),
                Trouble = ReplicaTroubles.OfPool([.. troubles[pool.Name]]),
                Rollout = rollout?.Phase is null or RolloutPhase.Stable ? null : rollout.Phase,
                RolloutReason = rollout is { Phase: RolloutPhase.Stable } && rollout.Target.Revision != revision
                    ? $"revision {rollout.Target.Revision} serves, by hand: {rollout.Reason}"
                    : rollout is { Phase: not RolloutPhase.Stable, Reason.Length: > 0 } ? rollout.Reason : null,
            };
        })];
    }

    /// <summary>The revision that serves after a rollback; null when that is the one the spec asks for, or a rollout is under way.</summary>
    private static RolloutRevision? Serving(RolloutRecord? rollout, PoolRevision asked)
    {
        var serving = rollout?.Phase switch
        {
            RolloutPhase.Stable => rollout.Target,
            RolloutPhase.RollingBack or RolloutPhase.RolledBack => rollout.Stable,
            _ => null,
        };
        return serving is not null && serving.Revision != asked ? serving : null;
    }

    public static ImmutableArray<NodeView> Nodes(Look look) => [.. look.Stored.Snapshot.Nodes.Select(entry =>
    {
        var (name, node) = entry;
        var assignment = look.Stored.Snapshot.Assignments.GetValueOrDefault(name);
        var resources = assignment?.Templates.ToDictionary(t => (t.Pool, t.Revision), t => t.Template.Resources) ?? [];
        var reserved = assignment?.Allocations.Select(a => resources.GetValueOrDefault((a.Pool, a.Revision))).OfType<ResourceSpec>().ToList() ?? [];
        return new NodeView
        {
            Name = name,
            Status = node.Status,
            Address = node.Record?.Address ?? "",
            Arch = node.Record?.Arch ?? "",
            Runtime = node.Record?.Runtime ?? default,
            CpuMillicores = node.Record?.Capacity.CpuMillicores ?? 0,
            ReservedCpuMillicores = reserved.Sum(r => r.CpuMillicores),
            MemoryBytes = node.Record?.Capacity.MemoryBytes ?? 0,
            ReservedMemoryBytes = reserved.Sum(r => r.MemoryBytes),
            Allocations = assignment?.Allocations.Count(a => a.Desired == DesiredStatus.Run) ?? 0,
            Labels = node.Record?.Labels ?? ImmutableSortedDictionary<string, string>.Empty,
            AgentVersion = node.Record?.AgentVersion ?? "",
            ApiAddress = node.Record?.ApiAddress,
            Problem = node.Record?.Problem,
            Blocked = look.Plan.Drains.FirstOrDefault(d => d.Node.Value == name)?.Blocked ?? InDoubt(look, name, node.Doubts),
            ClockDifferenceSeconds = look.ClockDifferences.TryGetValue(name, out var difference) ? Math.Round(difference.TotalSeconds, 3) : null,
        };
    })];

    public static ImmutableArray<AllocationView> Allocations(Look look)
    {
        var observed = Observed(look.Stored.Snapshot);
        var troubles = ReplicaTroubles.Compute(look.Stored.Snapshot);
        return [.. look.Stored.Snapshot.Assignments.Values
            .SelectMany(a => a.Allocations.Select(x =>
                View(a, x, observed.GetValueOrDefault(x.Id.Value), look) with { Trouble = troubles.GetValueOrDefault(x.Id.Value)?.Text }))
            .OrderBy(a => a.Pool, StringComparer.Ordinal).ThenBy(a => a.Id, StringComparer.Ordinal)];
    }

    /// <summary>How far a node's emptying is.</summary>
    /// <param name="look">The last look; it may not know yet what a person has just asked.</param>
    /// <param name="node">The node.</param>
    /// <param name="draining">Whether it is taken out of use.</param>
    public static NodeDrainView Drain(Look look, string node, bool draining)
    {
        var plan = look.Plan.Drains.FirstOrDefault(d => d.Node.Value == node);
        var left = plan?.Left ?? look.Stored.Snapshot.Assignments.GetValueOrDefault(node)?.Allocations.Length ?? 0;
        return new NodeDrainView(node, draining, left, draining ? plan?.Blocked : null);
    }

    /// <summary>A manager or gateway as the catalog knows it.</summary>
    public static PeerView Peer(ServiceEntry entry) => new(
        entry.Service.Meta.GetValueOrDefault("name") ?? entry.Service.Id,
        entry.Service.Meta.GetValueOrDefault("api") ?? $"http://{entry.Address}:{entry.Service.Port}",
        entry.AggregatedStatus == CheckStatus.Passing,
        entry.Service.Meta.GetValueOrDefault(CatalogNames.MetaHost),
        int.TryParse(entry.Service.Meta.GetValueOrDefault(CatalogNames.MetaPid), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null)
    {
        TrafficAddresses =
        [
            .. (entry.Service.Meta.GetValueOrDefault(CatalogNames.MetaTraffic) ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)
                .Select(address => address.Replace("://*:", $"://{(entry.Address.Contains(':') ? $"[{entry.Address}]" : entry.Address)}:", StringComparison.Ordinal)),
        ],
    };

    public static EventView Event(ClusterEvent e) => new(
        e.Id, e.At, e.Kind, e.Severity, e.Message, e.Source, e.Pool?.Value, e.Allocation?.Value, e.Node?.Value);

    public static ImmutableArray<SpecProblemView> Problems(IEnumerable<SpecProblem> problems) =>
        [.. problems.Select(p => new SpecProblemView(p.Severity == SpecSeverity.Error ? "error" : "warning", p.Line, p.Column, p.Key, p.Message))];

    private static AllocationView View(NodeAssignment assignment, AllocationAssignment allocation, ObservedAllocation? seen, Look look)
    {
        var lost = IsLost(look, assignment.Node);
        return new AllocationView
        {
            Id = allocation.Id.Value,
            Pool = allocation.Pool.Value,
            Node = assignment.Node.Value,
            Revision = allocation.Revision.Value,
            Desired = allocation.Desired,
            Phase = lost ? AllocationPhase.Lost : seen?.Phase,
            Healthy = !lost && seen?.Healthy == true,
            Endpoint = seen is { Address: { } address, Port: { } port } ? $"{address}:{port}" : null,
            Restarts = seen?.Restarts ?? 0,
            ExitCode = seen?.ExitCode,
            StartedAt = seen?.StartedAt,
            Reason = seen?.Reason ?? (allocation.Desired == DesiredStatus.Stop ? allocation.Reason : null),
            LastLogs = seen?.LastLogs ?? [],
        };
    }

    private static string? InDoubt(Look look, string node, RecordDoubts doubts) => doubts == RecordDoubts.None ? null
        : "nothing is placed here while a record is missing or cannot be read: "
            + string.Join(", ", look.Stored.Problems.Where(p => p.Key.EndsWith($"/{node}", StringComparison.Ordinal)).Select(p => p.Key));

    private static bool IsLost(Look look, NodeName node) =>
        look.Stored.Snapshot.Nodes.GetValueOrDefault(node.Value)?.Status == NodeStatus.Lost;

    private static Dictionary<string, ObservedAllocation> Observed(ClusterSnapshot snapshot)
    {
        var byId = new Dictionary<string, ObservedAllocation>(StringComparer.Ordinal);
        foreach (var allocation in snapshot.Observations.Values.SelectMany(o => o.Allocations))
        {
            byId[allocation.Id.Value] = allocation;
        }

        return byId;
    }
}
