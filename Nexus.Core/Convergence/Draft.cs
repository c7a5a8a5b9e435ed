using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Convergence;

/// <summary>One assigned allocation with all that is known of it; its workloads newest first.</summary>
internal sealed record View(
    AllocationAssignment Assignment, PoolTemplate? Template, ImmutableArray<SeenWorkload> Workloads, AllocationMemory? Memory)
{
    public AllocationId Id => Assignment.Id;
}

/// <summary>A plan in the making.</summary>
internal sealed class Draft(NodeSnapshot snapshot, DateTimeOffset now)
{
    public NodeSnapshot Snapshot => snapshot;

    public DateTimeOffset Now => now;

    public ImmutableArray<ConvergenceAction>.Builder Actions { get; } = ImmutableArray.CreateBuilder<ConvergenceAction>();

    public DateTimeOffset? LookAgainAt { get; private set; }

    public void Add(IEnumerable<ConvergenceAction> actions) => Actions.AddRange(actions);

    public void LookAt(DateTimeOffset at) => LookAgainAt = LookAgainAt is { } earlier && earlier <= at ? earlier : at;

    public bool IsBusy(AllocationId id) => snapshot.Ongoing.ContainsKey(id);

    public OngoingWork? OngoingOf(AllocationId id) => snapshot.Ongoing.TryGetValue(id, out var work) ? work : null;

    public bool IsRegistered(AllocationId id, int attempt) =>
        snapshot.Registered.TryGetValue(id, out var registered) && registered == attempt;
}
