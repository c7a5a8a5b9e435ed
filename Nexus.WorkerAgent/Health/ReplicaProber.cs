using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Health;

/// <summary>
/// Probes what Consul cannot: replicas whose interval is below Consul's floor, and all of them while Consul's verdicts do not
/// reach this node. Each has a rhythm of its own, so that a slow one delays no other.
/// </summary>
internal sealed partial class ReplicaProber(
    AssignmentHolder holder, AllocationBook book, HealthDesk desk, ProberTools tools, ILogger<ReplicaProber> logger) : BackgroundService
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(10);

    private readonly Dictionary<AllocationId, Probing> _running = [];

    /// <summary>Runs until cancelled; its probes end with it.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await EndAsync(Reconcile(cancellationToken));
                await Task.Delay(Glance, tools.Time, cancellationToken);
            }
        }
        finally
        {
            await EndAsync([.. _running.Values]);
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    // Begins what is missing, returns what is no longer wanted.
    private List<Probing> Reconcile(CancellationToken cancellationToken)
    {
        var targets = Targets();
        var ending = new List<Probing>();
        foreach (var (id, probing) in _running.ToList())
        {
            if (!targets.TryGetValue(id, out var target) || target.Workload != probing.Target.Workload)
            {
                _running.Remove(id);
                ending.Add(probing);
            }
        }

        foreach (var (id, target) in targets)
        {
            if (!_running.ContainsKey(id))
            {
                var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                desk.Take(id, target.Workload);
                _running.Add(id, new Probing(target, end, ProbeAsync(target, end.Token)));
            }
        }

        return ending;
    }

    private async Task EndAsync(IReadOnlyCollection<Probing> ending)
    {
        foreach (var probing in ending)
        {
            await probing.End.CancelAsync();
            await probing.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            probing.End.Dispose();
            desk.Release(probing.Target.Allocation, probing.Target.Workload);
        }
    }

    private async Task ProbeAsync(Target target, CancellationToken cancellationToken)
    {
        var health = target.Health;
        var streak = new ProbeStreak(book.Find(target.Allocation)?.UnhealthySince is null, 0);
        await Task.Delay(health.Interval * tools.Chance(), tools.Time, cancellationToken);
        while (true)
        {
            var asked = tools.Time.GetTimestamp();
            ProbeAnswer?[] answers;
            try
            {
                answers = await AskAsync(target, doubts: streak is { Passing: true, Against: 0 } && health.UnhealthyThreshold > 1, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Not the replica's fault, so it is no verdict on it.
                LogFailed(target.Allocation, e.Message, e);
                await Task.Delay(health.Interval, tools.Time, cancellationToken);
                continue;
            }

            foreach (var problem in answers)
            {
                var after = streak.After(problem is null, health);
                if (after.Passing != streak.Passing)
                {
                    desk.NoteOwn(target.Allocation, target.Workload, problem);
                }

                streak = after;
            }

            var pause = (health.Interval * (0.95 + (0.1 * tools.Chance()))) - tools.Time.GetElapsedTime(asked);
            await Task.Delay(pause > LeastPause ? pause : LeastPause, tools.Time, cancellationToken);
        }
    }

    /// <summary>
    /// Asks, and asks again when half the patience has passed without an answer. A replica that hangs answers neither, so its second
    /// failure comes half a timeout after the first and not an interval later; of one that is merely slow the second is dropped.
    /// </summary>
    private async Task<ProbeAnswer?[]> AskAsync(Target target, bool doubts, CancellationToken cancellationToken)
    {
        var who = new ProbeTarget(tools.Identity.Address, target.Port, target.Workload, target.Forwarding);
        var first = tools.Probe.AskAsync(target.Health, target.Check, who, cancellationToken);
        if (doubts)
        {
            await ((Task)first).WaitAsync(target.Health.Timeout / 2, tools.Time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        if (!doubts || first.IsCompleted)
        {
            return [await first];
        }

        using var drop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var second = tools.Probe.AskAsync(target.Health, target.Check, who, drop.Token);
        try
        {
            return await first is { } problem ? [problem, await second] : [null];
        }
        finally
        {
            await drop.CancelAsync();
            await ((Task)second).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private Dictionary<AllocationId, Target> Targets()
    {
        var targets = new Dictionary<AllocationId, Target>();
        foreach (var assigned in holder.Current.Assignment?.Templates ?? [])
        {
            var health = assigned.Template.Health;
            var always = health.Interval < PoolServices.ConsulFloor;
            foreach (var memory in book.Current.Values.Where(m => m.Pool == assigned.Pool && m.Revision == assigned.Revision))
            {
                var check = PoolServices.EffectiveCheck(assigned.Template, memory.Port);
                if ((always || !desk.IsConsulReady(memory)) && memory is { Phase: AllocationPhase.Running, ExitHeard: false, Workload: { } workload, Port: { } port }
                    && check is HealthCheckType.Http or HealthCheckType.Tcp
                    && !tools.Sources.IsReported(check, memory.Forwarding))
                {
                    targets.Add(memory.Id, new Target(memory.Id, workload, port, check, health) { Forwarding = memory.Forwarding });
                }
            }
        }

        return targets;
    }

    [LoggerMessage(5051, LogLevel.Warning, "A probe of {Allocation} could not be made: {Reason}")]
    private partial void LogFailed(AllocationId allocation, string reason, Exception exception);

    private sealed record Target(AllocationId Allocation, string Workload, int Port, HealthCheckType Check, HealthSpec Health)
    {
        public PortForwarding? Forwarding { get; init; }
    }

    private sealed record Probing(Target Target, CancellationTokenSource End, Task Task);
}

/// <summary>What a prober works with.</summary>
internal sealed record ProberTools(
    ReplicaProbe Probe, AgentIdentity Identity, CheckSources Sources, TimeProvider Time, Chance Chance);
