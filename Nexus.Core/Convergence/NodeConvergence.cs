using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Convergence;

/// <summary>
/// Decides what makes a node match its assignment. Promises: never a second copy of an allocation; nothing at all without
/// an assignment; nothing unassigned is stopped or removed unless Consul itself confirmed the assignment that leaves it out.
/// </summary>
public static class NodeConvergence
{
    /// <summary>How soon to look again at a workload that was heard to end and is still listed as running.</summary>
    public static readonly TimeSpan ExitRecheck = TimeSpan.FromMilliseconds(100);

    /// <summary>How soon to look again whether what only one may hold is free, should nothing wake the loop before.</summary>
    public static readonly TimeSpan HolderRecheck = TimeSpan.FromSeconds(1);

    /// <summary>Computes what to do.</summary>
    public static ConvergencePlan Compute(NodeSnapshot snapshot, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (snapshot.Assignment is not { } assignment)
        {
            return new ConvergencePlan([], null, []);
        }

        var workloads = snapshot.Workloads.ToLookup(w => w.Allocation);
        var templates = assignment.Templates.ToDictionary(t => (t.Pool, t.Revision), t => t.Template);
        var verdicts = JudgePools(assignment, snapshot, now);
        var standIns = StandbyConvergence.ComputeStandIns(assignment, snapshot, now);
        var plan = new Draft(snapshot, now);
        foreach (var allocation in assignment.Allocations.OrderBy(a => a.Id.Value, StringComparer.Ordinal))
        {
            var view = new View(
                allocation,
                templates.GetValueOrDefault((allocation.Pool, allocation.Revision)),
                [.. workloads[allocation.Id].OrderByDescending(w => w.Attempt)],
                snapshot.Memory.GetValueOrDefault(allocation.Id));
            plan.Add(allocation.Desired switch
            {
                DesiredStatus.Stop => Stop(view, plan),
                DesiredStatus.Standby => Live(view, plan, kept => StandbyConvergence.Keep(view, kept, plan, standIns)),
                _ => Live(view, plan, kept => Keep(view, kept, plan, verdicts)),
            });
        }

        plan.Add(Unassigned(assignment, workloads, plan));
        plan.Add(Unbacked(workloads, plan));
        return new ConvergencePlan(
            plan.Actions.ToImmutable(), plan.LookAgainAt, [.. verdicts.Where(v => v.Value.Frozen).Select(v => v.Key)]);
    }

    // What shall live, serving or standing by: one workload of it, started anew when it ended.
    private static IEnumerable<ConvergenceAction> Live(
        View view, Draft plan, Func<SeenWorkload, IEnumerable<ConvergenceAction>> keep)
    {
        if (plan.IsBusy(view.Id) || view.Template is not { } template)
        {
            return [];
        }

        // One that was heard to end and is listed as running all the same does not run: the runtime learns of it last.
        var late = view.Workloads.FirstOrDefault(w => w.Running && w.Id == view.Memory?.EndedWorkload);
        if (late is not null)
        {
            plan.LookAt(plan.Now + ExitRecheck);
            view = view with { Workloads = view.Workloads.Remove(late) };
            if (template.HostPort is not null || !template.Volumes.IsEmpty)
            {
                return [];
            }
        }

        var kept = view.Workloads.FirstOrDefault(w => w.Running);
        if (kept is not null)
        {
            // Copies beside the newest cannot come from this agent; two are worse than a removal.
            return [
                .. keep(kept),
                .. view.Workloads.Where(w => w != kept).Select(w => new RemoveWorkload(w)),
            ];
        }

        var end = UnrecordedEnd(view);
        if (end.Found)
        {
            return [new RecordEnd(view.Assignment, template, end.Workload)];
        }

        var leftovers = view.Workloads.Select(w => new RemoveWorkload(w));
        if (view.Memory?.RetryAt is { } retryAt && retryAt > plan.Now)
        {
            plan.LookAt(retryAt);
            return leftovers;
        }

        // A node that returns may hold an old assignment: what it had goes on, what it never had waits for the leader's word.
        var hasTrace = !view.Workloads.IsEmpty || view.Memory is { Attempt: >= 0 };
        if (!hasTrace && !plan.Snapshot.Confirmed && !plan.Snapshot.TrustsFile)
        {
            return [];
        }

        if (ExclusiveHolder.Find(view, plan) is { } holder)
        {
            plan.LookAt(plan.Now + HolderRecheck);
            return [.. leftovers, .. holder.ToActions(view)];
        }

        var last = Math.Max(view.Memory?.Attempt ?? -1, view.Workloads.IsEmpty ? -1 : view.Workloads[0].Attempt);
        return [.. leftovers, new StartWorkload(view.Assignment, template, last + 1)];
    }

    private static IEnumerable<ConvergenceAction> Keep(
        View view, SeenWorkload kept, Draft plan, Dictionary<PoolName, LivenessVerdict> verdicts)
    {
        var template = view.Template!;
        var memory = view.Memory?.Workload == kept.Id ? view.Memory : null;
        if (memory is { ExitHeard: true })
        {
            plan.LookAt(plan.Now + ExitRecheck);
            return [];
        }

        if (kept.Paused)
        {
            return [new WakeStandby(view.Assignment, template, kept)];
        }

        if (memory is not { Phase: AllocationPhase.Running })
        {
            return [new AdoptWorkload(view.Assignment, template, kept)];
        }

        if (memory.UnhealthySince is not null)
        {
            plan.LookAt(plan.Now + Liveness.Settle);
        }

        if (verdicts.TryGetValue(view.Assignment.Pool, out var verdict) && verdict.Restart == view.Id)
        {
            return [new KillUnhealthy(view.Assignment, template, kept)];
        }

        return plan.IsRegistered(view.Id, memory.Attempt) ? [] : [new RegisterService(view.Assignment, template, kept)];
    }

    // An end is recorded once: of a workload that is still there, or of one that vanished while it was thought to run.
    private static (bool Found, SeenWorkload? Workload) UnrecordedEnd(View view)
    {
        var ended = view.Workloads.FirstOrDefault(w => w.Ended);
        if (ended is not null && ended.Attempt > (view.Memory?.EndedAttempt ?? -1))
        {
            return (true, ended);
        }

        var vanished = view.Workloads.IsEmpty && view.Memory is { Workload: not null } memory
            && memory.Attempt > memory.EndedAttempt;
        return (vanished, null);
    }

    private static IEnumerable<ConvergenceAction> Stop(View view, Draft plan)
    {
        if (plan.OngoingOf(view.Id) is { } ongoing)
        {
            return ongoing == OngoingWork.Starting ? [new CancelStart(view.Id)] : [];
        }

        var live = view.Workloads.RemoveAll(w => w.Ended);
        if (!live.IsEmpty)
        {
            return [new DrainAndStop(view.Id, view.Template, live, view.Assignment.Reason) { Assignment = view.Assignment }];
        }

        // Once it is on record as stopped the leader forgets it, and with it why it failed.
        if (view.Memory is { ExaminedUntil: { } until } && until > plan.Now)
        {
            plan.LookAt(until);
            return [];
        }

        var leftovers = view.Workloads.Select(w => new RemoveWorkload(w));
        return view.Memory is { Phase: AllocationPhase.Stopped }
            ? leftovers
            : [.. leftovers, new NoteStopped(view.Assignment)];
    }

    private static IEnumerable<ConvergenceAction> Unassigned(
        NodeAssignment assignment, ILookup<AllocationId, SeenWorkload> workloads, Draft plan)
    {
        if (!plan.Snapshot.Confirmed)
        {
            yield break;
        }

        var assigned = assignment.Allocations.Select(a => a.Id).ToHashSet();
        var strays = workloads.Select(g => g.Key).Union(plan.Snapshot.Memory.Keys).Where(id => !assigned.Contains(id));
        foreach (var id in strays.OrderBy(id => id.Value, StringComparer.Ordinal))
        {
            if (plan.OngoingOf(id) is { } ongoing)
            {
                if (ongoing == OngoingWork.Starting)
                {
                    yield return new CancelStart(id);
                }

                continue;
            }

            ImmutableArray<SeenWorkload> live = [.. workloads[id].Where(w => !w.Ended)];
            if (!live.IsEmpty)
            {
                yield return new DrainAndStop(id, null, live, "it is not assigned to this node");
                continue;
            }

            foreach (var ended in workloads[id])
            {
                yield return new RemoveWorkload(ended);
            }

            if (plan.Snapshot.Memory.ContainsKey(id))
            {
                yield return new Forget(id);
            }
        }
    }

    // The list of workloads is the truth: a service behind which nothing runs sends requests into the void.
    private static IEnumerable<ConvergenceAction> Unbacked(ILookup<AllocationId, SeenWorkload> workloads, Draft plan) =>
        plan.Snapshot.Registered.Keys
            .Where(id => !plan.IsBusy(id) && !workloads[id].Any(w => w.Running))
            .OrderBy(id => id.Value, StringComparer.Ordinal)
            .Select(id => new DeregisterService(id));

    private static Dictionary<PoolName, LivenessVerdict> JudgePools(
        NodeAssignment assignment, NodeSnapshot snapshot, DateTimeOffset now)
    {
        return assignment.Allocations
            .Where(a => a.Desired == DesiredStatus.Run && snapshot.Memory.ContainsKey(a.Id))
            .GroupBy(a => a.Pool)
            .ToDictionary(g => g.Key, g => Liveness.Judge(
                [.. g.Select(a => snapshot.Memory[a.Id])],
                [.. g.Select(a => a.Id).Where(id => !snapshot.Ongoing.ContainsKey(id))],
                now));
    }
}
