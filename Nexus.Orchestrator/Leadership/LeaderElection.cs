using Microsoft.Extensions.Options;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.Events;
using Nexus.Orchestrator.Observability;
using Nexus.ServiceDefaults.Clocks;
using Nexus.ServiceDefaults.Loops;

namespace Nexus.Orchestrator.Leadership;

/// <summary>
/// Runs for leader as long as the process lives: a session without lock-delay bound to this manager's TTL check and its
/// node's gossip health, then the lock on <c>nexus/leader</c>. Safe with no delay because every write is fenced.
/// </summary>
internal sealed partial class LeaderElection(
    ConsulClient consul, ManagerIdentity identity, ManagerRegistration registration, LeaderLease lease, EventWriter events,
    WakeSignal wake, LoopHeartbeats heartbeats, IOptions<OrchestratorOptions> options, IHostApplicationLifetime lifetime,
    TimeProvider time, ILogger<LeaderElection> logger) : BackgroundService
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StartedAsync(stoppingToken);
        using var renewing = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var renewal = registration.RunAsync(renewing.Token);
        using var heartbeat = heartbeats.Register("leader election", TimeSpan.FromMinutes(2));
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await CampaignAsync(heartbeat, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogCampaignFailed(identity.Name, e.Message);
            }

            heartbeat.Beat();
            await Task.Delay(RetryAfter, time, stoppingToken).Quietly();
        }

        await renewing.CancelAsync();
        await renewal.Quietly();
        await registration.DeregisterAsync(CancellationToken.None).Quietly();
    }

    private async Task StartedAsync(CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var onStarted = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await started.Task.WaitAsync(cancellationToken);
    }

    private async Task CampaignAsync(ILoopHeartbeat heartbeat, CancellationToken cancellationToken)
    {
        if (!await registration.RenewOnceAsync(cancellationToken))
        {
            return;
        }

        var session = await consul.Sessions.CreateAsync(
            new SessionRequest
            {
                Name = $"nexus leader {identity.Name}",
                LockDelay = TimeSpan.Zero,
                Behavior = SessionBehavior.Release,
                Checks = [HealthCheck.NodeCheckId, identity.CheckId],
            },
            cancellationToken);
        try
        {
            while (true)
            {
                heartbeat.Beat();
                var record = Record();
                if (await consul.Kv.AcquireAsync(StateKeys.Leader, record, session, cancellationToken))
                {
                    await LeadAsync(session, record, heartbeat, cancellationToken);
                }
                else if (!await EndedOrphanAsync(cancellationToken))
                {
                    await ReleasedAsync(heartbeat, cancellationToken);
                }
                else
                {
                    // The lock was held for nobody.
                }
            }
        }
        finally
        {
            await ResignAsync(session);
        }
    }

    private async Task LeadAsync(string session, byte[] record, ILoopHeartbeat heartbeat, CancellationToken cancellationToken)
    {
        var key = await consul.Kv.GetAsync(StateKeys.Leader, ReadConsistency.Consistent, cancellationToken);
        if (key?.Session != session)
        {
            return;
        }

        using var lapsed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        lease.Take(new LeaderToken(session, key.LockIndex), lapsed.Cancel);
        OrchestratorTelemetry.Leader.Add(1);
        LogLeading(identity.Name, key.LockIndex);
        events.Write("LeaderElected", EventSeverity.Info, $"{identity.Name} leads (epoch {key.LockIndex}).");
        wake.Set();
        try
        {
            await foreach (var seen in consul.Kv.WatchAsync(StateKeys.Leader, Wait(), lapsed.Token))
            {
                heartbeat.Beat();
                if (seen.Value?.Session != session)
                {
                    LogLost(identity.Name, key.LockIndex);
                    return;
                }

                if (StateRecords.Read(StateKeys.Leader, seen.Value.Value, StateJson.Default.LeaderRecord).Reason is { } problem)
                {
                    // The lock is still held; what others see of the leader was overwritten.
                    LogRecordRewritten(StateKeys.Leader, problem);
                    events.Write("RecordRewritten", EventSeverity.Warning, $"{StateKeys.Leader} could not be read ({problem}) and is written again.");
                    await consul.Kv.AcquireAsync(StateKeys.Leader, record, session, lapsed.Token);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The session may hold the lock still, or somebody else may lead by now: the next campaign asks.
            LogLapsed(identity.Name, key.LockIndex);
        }
        finally
        {
            lease.Drop();
            OrchestratorTelemetry.Leader.Add(-1);
        }
    }

    /// <summary>
    /// Ends the session that holds the lock if it hangs on our own check: one that could not be ended while Consul was away.
    /// As long as we live it would never lapse, and nobody could lead.
    /// </summary>
    private async Task<bool> EndedOrphanAsync(CancellationToken cancellationToken)
    {
        var holder = (await consul.Kv.GetAsync(StateKeys.Leader, ReadConsistency.Consistent, cancellationToken))?.Session;
        if (holder is null || await consul.Sessions.InfoAsync(holder, cancellationToken) is not { } info
            || !info.Checks.Contains(identity.CheckId))
        {
            return false;
        }

        await consul.Sessions.DestroyAsync(holder, cancellationToken);
        return true;
    }

    private async Task ReleasedAsync(ILoopHeartbeat heartbeat, CancellationToken cancellationToken)
    {
        await foreach (var seen in consul.Kv.WatchAsync(StateKeys.Leader, Wait(), cancellationToken))
        {
            heartbeat.Beat();
            if (seen.Value?.Session is null)
            {
                return;
            }
        }
    }

    private static WatchOptions Wait() => new() { Wait = TimeSpan.FromSeconds(30), ResyncEveryWait = true };

    private async Task ResignAsync(string session)
    {
        // Also when cancelled: a clean stop hands over at once instead of after a TTL.
        using var limit = new CancellationTokenSource(options.Value.LeaseTtl, time);
        try
        {
            await consul.Kv.ReleaseAsync(StateKeys.Leader, Record(), session, limit.Token);
            await consul.Sessions.DestroyAsync(session, limit.Token);
        }
        catch (Exception e) when (e is ConsulException or OperationCanceledException)
        {
            LogResignFailed(identity.Name, e.Message);
        }
    }

    private byte[] Record() => StateJson.Write(
        new LeaderRecord(identity.Name, identity.ApiAddress.ToString(), time.GetWallNow()), StateJson.Default.LeaderRecord);

    [LoggerMessage(4010, LogLevel.Information, "Manager {Name} leads, epoch {Epoch}.")]
    private partial void LogLeading(string name, ulong epoch);

    [LoggerMessage(4015, LogLevel.Warning, "{Key} cannot be read and is written again: {Reason}")]
    private partial void LogRecordRewritten(string key, string reason);

    [LoggerMessage(4011, LogLevel.Warning, "Manager {Name} no longer leads (epoch {Epoch}).")]
    private partial void LogLost(string name, ulong epoch);

    [LoggerMessage(4014, LogLevel.Warning, "Manager {Name} was held up for longer than its lease (epoch {Epoch}); it asks whether it still leads.")]
    private partial void LogLapsed(string name, ulong epoch);

    [LoggerMessage(4012, LogLevel.Warning, "Manager {Name} could not run for leader, tries again: {Error}")]
    private partial void LogCampaignFailed(string name, string error);

    [LoggerMessage(4013, LogLevel.Debug, "Manager {Name} could not hand the lock back; it lapses by itself. {Error}")]
    private partial void LogResignFailed(string name, string error);
}
