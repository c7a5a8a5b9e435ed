using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Tests.Reconcile;

/// <summary>
/// A tiny language for snapshots, so that a test row is one line: <c>Cluster.Of(Want("web", 2), Ready("n1"), Has("web", 0, "n1"))</c>.
/// </summary>
internal static class Cluster
{
    public const ulong Index = 0x10;

    public static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public delegate ClusterSnapshot Part(ClusterSnapshot snapshot);

    public static ClusterSnapshot Of(params ReadOnlySpan<Part> parts)
    {
        var snapshot = new ClusterSnapshot { Index = Index, Spec = new ClusterSpec(), SpecRevision = 1 };
        foreach (var part in parts)
        {
            snapshot = part(snapshot);
        }

        return snapshot;
    }

    public static PoolTemplate Template(string version = "1", int cpu = 100, long memoryMb = 100) => new()
    {
        Image = $"app:{version}",
        Port = 8080,
        Resources = new ResourceSpec { CpuMillicores = cpu, MemoryBytes = memoryMb << 20 },
    };

    public static Part Want(
        string pool, int count, string version = "1", int surge = 1, int unavailable = 0, int cpu = 100, long memoryMb = 100,
        PlacementSpec? placement = null) => s => s with
        {
            Spec = s.Spec! with
            {
                Pools = s.Spec.Pools.Add(new PoolSpec
                {
                    Name = new PoolName(pool),
                    MinReplicas = count,
                    MaxReplicas = count,
                    Template = Template(version, cpu, memoryMb),
                    Rollout = new RolloutSpec { MaxSurge = surge, MaxUnavailable = unavailable, MinHealthyTime = TimeSpan.FromSeconds(1) },
                    Placement = placement ?? new PlacementSpec(),
                }),
            },
        };

    public static Part Node(
        string name, NodeStatus status, int cpu = 4000, long memoryMb = 8000, string arch = "arm64", string? label = null,
        RuntimeKind runtime = RuntimeKind.Docker) => s => s with
        {
            Nodes = s.Nodes.Add(name, new NodeState(
                new NodeRecord
                {
                    Node = new NodeName(name),
                    Capacity = new NodeCapacity(cpu, memoryMb << 20),
                    Arch = arch,
                    Address = "127.0.0.1",
                    ApiAddress = "http://127.0.0.1:1",
                    ConsulNode = name,
                    AgentVersion = "1",
                    Runtime = runtime,
                    Labels = label is null
                        ? ImmutableSortedDictionary<string, string>.Empty
                        : ImmutableSortedDictionary<string, string>.Empty.Add(label.Split('=')[0], label.Split('=')[1]),
                },
                status)),
        };

    public static Part Ready(string name) => Node(name, NodeStatus.Ready);

    public static Part Lost(string name) => Node(name, NodeStatus.Lost);

    public static Part Suspect(string name) => Node(name, NodeStatus.Suspect);

    public static Part Unknown(string name) => Node(name, NodeStatus.Unknown);

    /// <summary>An allocation that runs, healthy for long.</summary>
    public static Part Has(string pool, int number, string node, string version = "1") =>
        Allocation(pool, number, node, version, DesiredStatus.Run, AllocationPhase.Running, healthyFor: 60);

    /// <summary>An allocation that runs but was healthy only just now.</summary>
    public static Part Fresh(string pool, int number, string node, string version = "1") =>
        Allocation(pool, number, node, version, DesiredStatus.Run, AllocationPhase.Running, healthyFor: 0.4);

    /// <summary>An allocation that does not serve.</summary>
    public static Part Sick(string pool, int number, string node, string version = "1") =>
        Allocation(pool, number, node, version, DesiredStatus.Run, AllocationPhase.Failed, healthyFor: null);

    /// <summary>An allocation told to stop.</summary>
    public static Part Stopping(string pool, int number, string node, AllocationPhase phase = AllocationPhase.Draining, string version = "1") =>
        Allocation(pool, number, node, version, DesiredStatus.Stop, phase, healthyFor: null);

    /// <summary>A node that people take out of use.</summary>
    public static Part Leaving(string name) => s => Ready(name)(s) with
    {
        Eligibility = s.Eligibility.Add(name, new NodeEligibility(new NodeName(name), true, "", "test", Now)),
    };

    /// <summary>A node that was lost, answers again and has not reported.</summary>
    public static Part Back(string name) => s =>
    {
        s = Ready(name)(s);
        return s with { Nodes = s.Nodes.SetItem(name, s.Nodes[name] with { Returning = true }) };
    };

    /// <summary>An allocation that failed so often in a row.</summary>
    public static Part Failing(string pool, int number, string node, string version = "1", int failures = 2) => s =>
    {
        s = Sick(pool, number, node, version)(s);
        var seen = s.Observations[node];
        var last = seen.Allocations[^1] with { Failures = failures, Reason = "exited with code 1", LastLogs = ["no such file", ""] };
        return s with { Observations = s.Observations.SetItem(node, seen with { Allocations = seen.Allocations.SetItem(seen.Allocations.Length - 1, last) }) };
    };

    /// <summary>An allocation that stands by; paused and proven, or not yet.</summary>
    public static Part Stands(string pool, int number, string node, bool ready = true, string version = "1") =>
        Allocation(pool, number, node, version, DesiredStatus.Standby, ready ? AllocationPhase.Paused : AllocationPhase.Starting, healthyFor: null);

    /// <summary>A gateway that routes the pool and knows the allocations of these numbers.</summary>
    public static Part Gateway(string name, string pool, params int[] knows) => s => s with
    {
        Gateways = s.Gateways.Add(name, new GatewayReport
        {
            Gateway = name,
            Pools = [new PoolName(pool)],
            Destinations = [.. knows.Select(n => new GatewayDestination(new AllocationId($"{pool}/{n}"), 0, true, 0, 0))],
        }),
    };

    /// <summary>Changes the pool named last.</summary>
    public static Part With(Func<PoolSpec, PoolSpec> change) => s => s with
    {
        Spec = s.Spec! with { Pools = s.Spec.Pools.SetItem(s.Spec.Pools.Length - 1, change(s.Spec.Pools[^1])) },
    };

    /// <summary>Changes how the pool named last is rolled out.</summary>
    public static Part Rolls(Func<RolloutSpec, RolloutSpec> change) => With(pool => pool with { Rollout = change(pool.Rollout) });

    /// <summary>How the rollout of the pool named last stands; what is rolled out is what it wants.</summary>
    public static Part At(
        RolloutPhase phase, string? stable = null, string? target = null, Func<RolloutRecord, RolloutRecord>? change = null) => s =>
    {
        var pool = s.Spec!.Pools[^1];
        var asked = PoolRevisions.Compute(pool.Template);
        var record = new RolloutRecord
        {
            Pool = pool.Name,
            Number = 1,
            Phase = phase,
            Strategy = pool.Rollout.Strategy,
            Target = target is null ? new RolloutRevision(asked, pool.Template, 1) : RevisionOf(target),
            Stable = stable is null ? null : RevisionOf(stable),
            Requested = asked,
            StartedAt = Now.AddSeconds(-30),
            ProgressAt = Now.AddSeconds(-30),
        };
        return s with { Rollouts = s.Rollouts.SetItem(pool.Name.Value, change is null ? record : change(record)) };
    };

    /// <summary>A person's wish for the pool named last.</summary>
    public static Part Asks(RolloutVerb verb, string? revision = null, string id = "r1") => s => s with
    {
        Requests = s.Requests.SetItem(s.Spec!.Pools[^1].Name.Value, new RolloutRequest
        {
            Id = id,
            Pool = s.Spec.Pools[^1].Name,
            Verb = verb,
            Revision = revision is null ? null : RevisionOf(revision),
            By = "ann",
        }),
    };

    public static RolloutRevision RevisionOf(string version) =>
        new(PoolRevisions.Compute(Template(version)), Template(version), 1);

    /// <summary>The plan in short: <c>+web@n1</c> placed, <c>-web/0@n1</c> stopped, <c>~web/0@n1</c> forgotten, <c>!web:2</c> blocked.</summary>
    public static string Show(ReconcilePlan plan) => string.Join(' ', plan.Steps.Select(Show)
        .Concat(plan.Blocked.Select(b => $"!{b.Pool}:{b.Missing}"))
        .OrderBy(t => t, StringComparer.Ordinal));

    private static string Show(ReconcileStep step) => step switch
    {
        PlaceStep place => $"+{step.Pool}{(place.Desired == DesiredStatus.Standby ? "?" : "")}@{step.Node}",
        StopStep => $"-{step.Allocation}@{step.Node}",
        ChangeStep change => $"{(change.Desired == DesiredStatus.Run ? '>' : '<')}{step.Allocation}@{step.Node}",
        _ => $"~{step.Allocation}@{step.Node}",
    };

    public static Part Allocation(
        string pool, int number, string node, string version, DesiredStatus desired, AllocationPhase phase, double? healthyFor) => s =>
    {
        var name = new NodeName(node);
        var id = new AllocationId($"{pool}/{number}");
        var template = Template(version);
        var revision = PoolRevisions.Compute(template);
        var before = s.Assignments.GetValueOrDefault(node) ?? NodeAssignment.Empty(name) with { Epoch = 1, Generation = 7 };
        var seen = s.Observations.GetValueOrDefault(node) ?? new NodeObservation { Node = name, Epoch = 1, Generation = 7 };
        return s with
        {
            Assignments = s.Assignments.SetItem(node, before with
            {
                Allocations = before.Allocations.Add(new AllocationAssignment(id, new PoolName(pool), revision, desired, "test")),
                Templates = before.Templates.Any(t => t.Revision == revision && t.Pool.Value == pool)
                    ? before.Templates
                    : before.Templates.Add(new AssignedTemplate(new PoolName(pool), revision, template)),
            }),
            Observations = s.Observations.SetItem(node, seen with
            {
                Allocations = seen.Allocations.Add(new ObservedAllocation
                {
                    Id = id,
                    Pool = new PoolName(pool),
                    Revision = revision,
                    Phase = phase,
                    Healthy = healthyFor is not null,
                    HealthySince = healthyFor is { } seconds ? Now.AddSeconds(-seconds) : null,
                }),
            }),
        };
    };
}
