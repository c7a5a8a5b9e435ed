using System.Collections.Immutable;
using CsCheck;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.State;
using static Nexus.Core.Tests.Convergence.NodeView;

namespace Nexus.Core.Tests.Convergence;

/// <summary>What must hold for whatever an agent may ever see.</summary>
public sealed class NodeConvergenceProperties
{
    private static readonly string[] Ids = ["a", "b", "c", "d"];

    private static readonly Gen<string> AnyId = Gen.Int[0, 3].Select(i => Ids[i]);

    private static readonly Gen<SeenWorkload> AnyWorkload =
        Gen.Select(AnyId, Gen.Int[0, 2], Gen.Bool).Select((id, attempt, live) => live ? attempt == 2 ? Sleeps(id, attempt) : Live(id, attempt) : Dead(id, attempt));

    private static readonly Gen<AllocationMemory> AnyMemory =
        Gen.Select(AnyId, Gen.Enum<AllocationPhase>(), Gen.Int[0, 2], Gen.Int[-20, 20], Gen.Int[0, 3]).Select(
            (id, phase, attempt, seconds, odd) => Remembered(id, phase, attempt) with
            {
                RetryAt = odd == 1 ? Now.AddSeconds(seconds) : null,
                UnhealthySince = odd == 2 ? Now.AddSeconds(-Math.Abs(seconds)) : null,
                ExitHeard = odd == 3,
            });

    private static readonly Gen<NodeAssignment?> AnyAssignment =
        Gen.Select(Gen.Int[0, 9], AnyId.Array[0, 4], Gen.Bool.Array[4]).Select((none, ids, stops) => none == 0
            ? null
            : (NodeAssignment?)Assigned([.. ids.Distinct().Select((id, i) => stops[i] ? Stop(id) : i == 2 ? Standby(id) : Run(id))]));

    private static readonly Gen<NodeSnapshot> AnySnapshot =
        Gen.Select(AnyAssignment, AnyWorkload.Array[0, 5], AnyMemory.Array[0, 4], AnyId.Array[0, 4], Gen.Int[0, 15], Gen.Bool)
            .Select((assignment, workloads, memory, registered, busy, confirmed) => new NodeSnapshot
            {
                Assignment = assignment,
                Confirmed = confirmed,
                Workloads = [.. workloads.DistinctBy(w => w.Id)],
                Memory = memory.DistinctBy(m => m.Id).ToImmutableDictionary(m => m.Id),
                Registered = registered.Distinct().ToImmutableDictionary(r => new AllocationId(r), r => r[0] % 3),
                Ongoing = Ids.Where((_, i) => (busy >> i & 1) == 1).ToImmutableDictionary(
                    id => new AllocationId(id), id => (OngoingWork)(id[0] % 3)),
            });

    [Fact]
    public void Never_a_second_copy_of_an_allocation() => Check((snapshot, plan) => plan.Actions.OfType<StartWorkload>()
        .All(s => !snapshot.Ongoing.ContainsKey(s.Allocation)
            && !snapshot.Workloads.Any(w => w.Allocation == s.Allocation && (!w.Ended || w.Attempt >= s.Attempt))
            && plan.Actions.OfType<StartWorkload>().Count(o => o.Allocation == s.Allocation) == 1));

    [Fact]
    public void Without_an_assignment_nothing_at_all() =>
        Check((snapshot, plan) => snapshot.Assignment is not null || plan.Actions.IsEmpty);

    [Fact]
    public void What_is_not_assigned_is_touched_only_when_Consul_confirmed_that() => Check((snapshot, plan) =>
    {
        var assigned = (snapshot.Assignment?.Allocations ?? []).Select(a => a.Id).ToHashSet();
        return plan.Actions.Where(a => a is not DeregisterService).All(a => assigned.Contains(a.Allocation)
            || (snapshot.Confirmed && a is DrainAndStop or RemoveWorkload or CancelStart or Forget));
    });

    [Fact]
    public void What_is_wanted_and_runs_alone_is_never_stopped_but_for_its_health() => Check((snapshot, plan) =>
    {
        var wanted = (snapshot.Assignment?.Allocations ?? []).Where(a => a.Desired == DesiredStatus.Run).Select(a => a.Id).ToHashSet();
        return plan.Actions.All(a => a switch
        {
            DrainAndStop d => !wanted.Contains(d.Allocation),
            RemoveWorkload { Workload.Running: true } r => !wanted.Contains(r.Allocation)
                || snapshot.Workloads.Any(w => w.Allocation == r.Allocation && w.Running && w.Attempt > r.Workload.Attempt),
            KillUnhealthy k => snapshot.Memory[k.Allocation].UnhealthySince is not null,
            _ => true,
        });
    });

    [Fact]
    public void A_service_is_taken_out_only_when_nothing_runs_behind_it() => Check((snapshot, plan) => plan.Actions.OfType<DeregisterService>()
        .All(d => snapshot.Workloads.Where(w => w.Allocation == d.Allocation && w.Running).MaxBy(w => w.Attempt) is null or { Paused: true } && !snapshot.Ongoing.ContainsKey(d.Allocation)));

    [Fact]
    public void What_a_task_works_on_is_only_ever_cancelled() => Check((snapshot, plan) =>
        plan.Actions.All(a => a is CancelStart || !snapshot.Ongoing.ContainsKey(a.Allocation)));

    [Fact]
    public void At_most_one_replica_of_a_pool_is_killed_at_a_time() =>
        Check((_, plan) => plan.Actions.OfType<KillUnhealthy>().Count() <= 1);

    [Fact]
    public void What_shall_run_is_never_left_paused_and_never_put_to_sleep() => Check((snapshot, plan) =>
    {
        var run = (snapshot.Assignment?.Allocations ?? []).Where(a => a.Desired == DesiredStatus.Run).Select(a => a.Id).ToHashSet();
        return plan.Actions.All(a => a is not (DrainAndPause or NotePaused) || !run.Contains(a.Allocation))
            && snapshot.Workloads.Where(w => w.Paused && run.Contains(w.Allocation) && !snapshot.Ongoing.ContainsKey(w.Allocation))
                .All(w => snapshot.Memory.GetValueOrDefault(w.Allocation) is { ExitHeard: true }
                    || snapshot.Workloads.Any(o => o.Allocation == w.Allocation && o.Running && o.Attempt >= w.Attempt && o != w)
                    || plan.Actions.OfType<WakeStandby>().Any(k => k.Workload == w));
    });

    [Fact]
    public void Standbys_stand_in_for_no_more_than_are_down() => Check((snapshot, plan) =>
    {
        var run = (snapshot.Assignment?.Allocations ?? []).Where(a => a.Desired == DesiredStatus.Run).Select(a => a.Id).ToHashSet();
        return plan.Actions.OfType<WakeStandby>().Count(w => w.StandsIn is not null)
            <= snapshot.Memory.Values.Count(m => run.Contains(m.Id) && (m.ExitHeard || m.Phase != AllocationPhase.Running || m.Sick is not null));
    });

    private static void Check(Func<NodeSnapshot, ConvergencePlan, bool> holds) =>
        AnySnapshot.Sample(snapshot => holds(snapshot, NodeConvergence.Compute(snapshot, Now)), iter: 20_000);
}
