using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Convergence;

/// <summary>
/// What is done with an allocation that shall stand by: proven, then paused, and in no catalog. When one that shall run ends
/// or hangs beside it, or ends on a node that it watches, it stands in at once, without the leader; the leader's next assignment then says who runs.
/// </summary>
internal static class StandbyConvergence
{
    /// <summary>How long one that stands in for nobody any more waits for the leader to say what is to become of it.</summary>
    public static readonly TimeSpan LeaderPatience = TimeSpan.FromSeconds(10);

    /// <summary>Which standbys of the node shall serve now, in place of what crashed or hangs there, or crashed on a node it watches.</summary>
    public static ImmutableHashSet<AllocationId> ComputeStandIns(NodeAssignment assignment, NodeSnapshot snapshot, DateTimeOffset now)
    {
        if (!assignment.Allocations.Any(a => a.Desired == DesiredStatus.Standby))
        {
            return [];
        }

        var standIns = ImmutableHashSet.CreateBuilder<AllocationId>();
        foreach (var alike in assignment.Allocations.GroupBy(a => (a.Pool, a.Revision)))
        {
            var down = alike.Count(a => a.Desired == DesiredStatus.Run && IsDown(snapshot.Memory.GetValueOrDefault(a.Id)))
                + snapshot.PeerDeaths.Count(d => (d.Pool, d.Revision) == alike.Key && now - d.At < LeaderPatience);
            var standbys = alike.Where(a => a.Desired == DesiredStatus.Standby)
                .Select(a => snapshot.Memory.GetValueOrDefault(a.Id)).OfType<AllocationMemory>().ToList();

            // Those awake stay so until the leader has looked at it; then as long as they are needed. To a leader that sees all
            // well again there is nothing to say: after a while they go back by themselves.
            var awake = standbys.Where(m => m.StandsIn is not null && !m.ExitHeard && m.Phase is AllocationPhase.Running or AllocationPhase.Starting)
                .OrderBy(m => m.Id.Value, StringComparer.Ordinal).ToList();
            standIns.UnionWith(awake.Where((m, i) => i < down
                || (m.StandsIn == Word(assignment) && !(now - m.HealthySince > LeaderPatience))).Select(m => m.Id));
            standIns.UnionWith(standbys
                .Where(m => m is { Phase: AllocationPhase.Paused, ExitHeard: false })
                .OrderBy(m => m.Id.Value, StringComparer.Ordinal)
                .Take(Math.Max(0, down - awake.Count))
                .Select(m => m.Id));
        }

        return standIns.ToImmutable();
    }

    /// <summary>What to do with the workload that runs of it.</summary>
    public static IEnumerable<ConvergenceAction> Keep(
        View view, SeenWorkload kept, Draft plan, ImmutableHashSet<AllocationId> standIns)
    {
        var template = view.Template!;
        var memory = view.Memory?.Workload == kept.Id ? view.Memory : null;
        if (memory is { ExitHeard: true })
        {
            plan.LookAt(plan.Now + NodeConvergence.ExitRecheck);
            return [];
        }

        var registered = plan.Snapshot.Registered.ContainsKey(view.Id);
        if (kept.Paused)
        {
            if (standIns.Contains(view.Id))
            {
                return [new WakeStandby(view.Assignment, template, kept) { StandsIn = Word(plan.Snapshot.Assignment!) }];
            }

            return registered ? [new DeregisterService(view.Id)]
                : memory is { Phase: AllocationPhase.Paused } ? []
                : [new NotePaused(view.Assignment, kept)];
        }

        if (standIns.Contains(view.Id))
        {
            return memory is { Phase: AllocationPhase.Running } && !plan.IsRegistered(view.Id, memory.Attempt)
                ? [new RegisterService(view.Assignment, template, kept)]
                : [];
        }

        return memory is { Phase: AllocationPhase.Running or AllocationPhase.Draining } || registered
            ? [new DrainAndPause(view.Assignment, template, kept)]
            : [new AdoptWorkload(view.Assignment, template, kept)];
    }

    // Only what served once and does no more: while a pool comes up, its standbys have nothing to stand in for.
    private static bool IsDown(AllocationMemory? memory) => memory switch
    {
        null => false,
        { ExitHeard: true } => true,
        { Phase: AllocationPhase.Running, Sick: SickKind.Silent or SickKind.Unreachable } => true,
        { Phase: AllocationPhase.Failed or AllocationPhase.Pulling or AllocationPhase.Starting, EndedAttempt: >= 0 } => true,
        _ => false,
    };

    private static LeaderWord Word(NodeAssignment assignment) => new(assignment.Epoch, assignment.Generation);
}
