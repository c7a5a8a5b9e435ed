using Nexus.Core.Ids;
using Nexus.Core.Spec;

namespace Nexus.Core.Convergence;

/// <summary>Who keeps an allocation from what only one of a node may hold: an exclusive volume, or a port of the node.</summary>
/// <param name="What">What is held, in words.</param>
/// <param name="By">Who holds it; the allocation itself when an earlier try is not removed yet.</param>
internal sealed record ExclusiveHolder(string What, AllocationId By)
{
    /// <summary>The holder; null when the allocation may start.</summary>
    public static ExclusiveHolder? Find(View view, Draft plan)
    {
        if (view.Template is not { } wanted || (wanted.HostPort is null && wanted.Volumes.IsEmpty))
        {
            return null;
        }

        // An end may come before what it held is free, so what has ended holds until it is removed.
        var assignment = plan.Snapshot.Assignment!;
        var present = plan.Snapshot.Workloads.Select(w => w.Allocation)
            .Concat(plan.Snapshot.Ongoing.Where(o => o.Value == OngoingWork.Starting).Select(o => o.Key))
            .Concat(plan.Actions.OfType<StartWorkload>().Select(s => s.Allocation))
            .ToHashSet();
        foreach (var other in assignment.Allocations.Where(a => present.Contains(a.Id)))
        {
            var held = assignment.Templates.FirstOrDefault(t => t.Pool == other.Pool && t.Revision == other.Revision)?.Template;
            if (held is not null && Common(wanted, held) is { } what)
            {
                return new ExclusiveHolder(what, other.Id);
            }
        }

        // Of one that is not assigned, or has no template any more, only its pool says what it may hold.
        var known = assignment.Allocations
            .Where(a => assignment.Templates.Any(t => t.Pool == a.Pool && t.Revision == a.Revision)).Select(a => a.Id).ToHashSet();
        var stray = wanted.HoldsExclusively
            ? plan.Snapshot.Workloads.FirstOrDefault(w => w.Pool == view.Assignment.Pool && !known.Contains(w.Allocation))
            : null;
        return stray is null ? null : new ExclusiveHolder("what only one of its pool may hold", stray.Allocation);
    }

    /// <summary>What follows: nothing is started, and why is told once.</summary>
    public IEnumerable<ConvergenceAction> ToActions(View view)
    {
        var reason = By == view.Id
            ? $"waits until its earlier try has let go of {What}"
            : $"waits for {What}, which {By} holds";
        return view.Memory?.Reason == reason ? [] : [new NoteWaiting(view.Assignment, reason)];
    }

    private static string? Common(PoolTemplate wanted, PoolTemplate held)
    {
        if (wanted.HostPort is { } port && held.HostPort == port)
        {
            return $"port {port} of the node";
        }

        var volume = wanted.Volumes.FirstOrDefault(v => held.Volumes.Any(h => h.Source == v.Source && (v.Exclusive || h.Exclusive)));
        return volume is null ? null : $"volume {volume.Source}";
    }
}
