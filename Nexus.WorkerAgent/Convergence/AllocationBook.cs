using System.Collections.Immutable;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.WorkerAgent.Convergence;

/// <summary>Holds what the agent remembers of its allocations. Safe from any thread; every change is told to the reporter.</summary>
internal sealed class AllocationBook(TimeProvider time, Chance chance)
{
    private readonly Lock _gate = new();
    private ImmutableDictionary<AllocationId, AllocationMemory> _memory = ImmutableDictionary<AllocationId, AllocationMemory>.Empty;

    /// <summary>Set at every change.</summary>
    public WakeSignal Changes { get; } = new();

    /// <summary>How allocations stand, told as it changes and in that order.</summary>
    public ChangeFeed Feed { get; } = new();

    /// <summary>All of it at this moment.</summary>
    public ImmutableDictionary<AllocationId, AllocationMemory> Current => Volatile.Read(ref _memory);

    /// <summary>What is remembered of one; null for nothing.</summary>
    public AllocationMemory? Find(AllocationId id) => Current.GetValueOrDefault(id);

    /// <summary>Changes what is remembered, beginning a memory where there is none.</summary>
    public AllocationMemory Update(AllocationAssignment assignment, Func<AllocationMemory, AllocationMemory> change)
    {
        lock (_gate)
        {
            return Store(change(_memory.GetValueOrDefault(assignment.Id) ?? AllocationMemory.Of(assignment)));
        }
    }

    /// <summary>Changes what is remembered; false, and nothing happens, where there is no memory or nothing changes.</summary>
    public bool TryUpdate(AllocationId id, Func<AllocationMemory, AllocationMemory> change)
    {
        lock (_gate)
        {
            if (!_memory.TryGetValue(id, out var before))
            {
                return false;
            }

            var after = change(before);
            if (after == before)
            {
                return false;
            }

            Store(after);
            return true;
        }
    }

    /// <summary>A workload runs.</summary>
    public void NoteRuns(AllocationAssignment assignment, SeenWorkload workload) =>
        Update(assignment, m => m.AfterRun(workload));

    /// <summary>It serves.</summary>
    public void NoteServing(AllocationAssignment assignment) => Update(assignment, m => m.AfterServing(time.GetUtcNow()));

    /// <summary>It ended or failed to start; returns what follows from that.</summary>
    public AllocationMemory NoteEnd(AllocationAssignment assignment, RestartSpec restart, WorkloadEnd end) =>
        Update(assignment, m => m.AfterEnd(end, restart, time.GetUtcNow(), chance()));

    /// <summary>Its image cannot be had; returns what follows from that.</summary>
    public AllocationMemory NotePullFailure(AllocationAssignment assignment, RestartSpec restart, string reason) =>
        Update(assignment, m => m.AfterPullFailure(reason, restart, time.GetUtcNow(), chance()));

    /// <summary>Its check says so; false when that is no news.</summary>
    public bool TryNoteCheck(AllocationId id, bool healthy, string output, SickKind? kind = null) => TryUpdate(id, m =>
        m is { Phase: AllocationPhase.Running, ExitHeard: false } ? m.AfterCheck(healthy, output, time.GetUtcNow(), kind) : m);

    /// <summary>Forgets one.</summary>
    public void Forget(AllocationId id)
    {
        lock (_gate)
        {
            if (_memory.TryGetValue(id, out var before))
            {
                Volatile.Write(ref _memory, _memory.Remove(id));
                Feed.Publish(AllocationNews.Between(before, null));
            }
        }

        Changes.Set();
    }

    /// <summary>Listens from now on; what stands now comes first.</summary>
    public ChangeListener? TryListen()
    {
        lock (_gate)
        {
            return Feed.TryAdd(_memory.Values.Select(AllocationNews.Of).Where(n => n.Standing != Standing.Away));
        }
    }

    private AllocationMemory Store(AllocationMemory after)
    {
        var before = _memory.GetValueOrDefault(after.Id);
        Volatile.Write(ref _memory, _memory.SetItem(after.Id, after));
        Feed.Publish(AllocationNews.Between(before, after));
        Changes.Set();
        return after;
    }
}

/// <summary>A number in [0, 1) by chance; injected, so that tests can take chance out.</summary>
internal delegate double Chance();
