using System.Diagnostics;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Runtime;
using Nexus.ServiceDefaults.Loops;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Health;
using Nexus.WorkerAgent.Observability;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Peers;
using Nexus.WorkerAgent.Reports;
using Nexus.WorkerAgent.Runtimes;
using Nexus.WorkerAgent.Workloads;

namespace Nexus.WorkerAgent.Convergence;

/// <summary>
/// Makes the node match its assignment. Woken by whatever changed; each pass looks at the truth, asks the core, and hands
/// out the work. While changes go on and on it rests after a pass for as long as that took, so that many of them share one list of the
/// engine's; what is urgent is answered meanwhile. It beats every second also while there is nothing to do, so a hung agent is
/// known from outside.
/// </summary>
internal sealed partial class ConvergenceLoop(
    LoopInputs inputs, LoopOutputs outputs, LoopPace pace, UrgentAnswers urgent, ILogger<ConvergenceLoop> logger) : BackgroundService
{
    /// <summary>Longest silence of a healthy loop.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ListLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AwayPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FirstWordLimit = TimeSpan.FromSeconds(2);

    private DateTimeOffset _silentUntil;
    private readonly WorkBudget _budget = new(pace.Time);
    private DateTimeOffset _restUntil;
    private string? _traced;

    /// <summary>Ends the tasks, and with them the workloads if the settings say so.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await outputs.Work.EndAsync();
        if (pace.Options.StopWorkloadsOnExit)
        {
            LogStoppingAll();
            await outputs.Stopper.StopAllAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until cancelled, on the caller's own flow.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = pace.Heartbeats.Register("converge", SilenceLimit);
        inputs.Holder.Load();
        _silentUntil = pace.Time.GetUtcNow() + FirstWordLimit;
        urgent.Start();
        DateTimeOffset resyncAt = default, lookAt = DateTimeOffset.MaxValue;
        var woken = true;
        while (true)
        {
            var now = pace.Time.GetUtcNow();
            if (now >= resyncAt)
            {
                // Aside: a Consul that hangs must not hold up the answer to a crash.
                outputs.Work.TryRunAside("resync", token => inputs.Catalog.TryResyncAsync(token));
                inputs.Holder.CatchUpOnDisk();
                resyncAt = now + (pace.Options.ResyncInterval * (0.75 + (0.5 * pace.Chance())));
                woken = true;
            }

            if (woken || now >= lookAt)
            {
                lookAt = await PassAsync(now, stoppingToken) ?? DateTimeOffset.MaxValue;
            }

            heartbeat.Beat();
            var wait = lookAt - pace.Time.GetUtcNow();
            woken = await pace.Wake.WaitAsync(
                wait < TimeSpan.Zero ? TimeSpan.Zero : wait < Beat ? wait : Beat, pace.Time, stoppingToken);
        }
    }

    private async Task<DateTimeOffset?> PassAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (inputs.Runtime.Current is null)
        {
            return null;
        }

        if (!inputs.Holder.Current.Confirmed && now < _silentUntil)
        {
            // What is on disk may be out of date: Consul, if it is there, is heard first.
            return _silentUntil;
        }

        var started = pace.Time.GetTimestamp();
        try
        {
            urgent.Answer();
            if (now < _restUntil)
            {
                return _restUntil;
            }

            var lookAt = await LookAndActAsync(cancellationToken);
            var took = pace.Time.GetElapsedTime(started);
            _restUntil = pace.Time.GetUtcNow() + _budget.RestAfter(took);
            WorkerTelemetry.PassDuration.Record(took.TotalSeconds);
            return lookAt;
        }
        catch (RuntimeUnavailableException e)
        {
            inputs.Runtime.NoteAway(e.Message);
            return now + AwayPause;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            inputs.Runtime.NoteAway($"The runtime did not list its workloads within {ListLimit.TotalSeconds} s.");
            return now + AwayPause;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogPassFailed(e.Message, e);
            return now + AwayPause;
        }
    }

    private async Task<DateTimeOffset?> LookAndActAsync(CancellationToken cancellationToken)
    {
        using var activity = FollowTrace();
        var done = new HashSet<AllocationId>();
        var snapshot = await ReadAsync(done, cancellationToken);
        var plan = NodeConvergence.Compute(snapshot, pace.Time.GetUtcNow());
        activity?.SetTag("nexus.node", snapshot.Assignment?.Node.Value);
        activity?.SetTag("nexus.generation", (long?)snapshot.Assignment?.Generation);
        activity?.SetTag("nexus.actions", plan.Actions.Length);
        foreach (var action in plan.Actions.Where(a => !done.Contains(a.Allocation)))
        {
            urgent.Begin(action);
        }

        outputs.Brakes.Look(plan.Frozen, snapshot.Memory.Values.Where(m => m.UnhealthySince is not null).Select(m => m.Pool).ToHashSet());
        outputs.Reporter.NoteActedOn(snapshot.Assignment, inputs.Holder.Current);
        return plan.LookAgainAt;
    }

    /// <summary>The first pass over an assignment goes on with the trace in which the leader wrote it; the starts it begins do, too.
    /// All later passes are the node's own.</summary>
    private Activity? FollowTrace()
    {
        var traceparent = inputs.Holder.Current.Traceparent;
        if (traceparent is null || traceparent == _traced || !ActivityContext.TryParse(traceparent, null, isRemote: true, out var leader))
        {
            return null;
        }

        _traced = traceparent;
        return WorkerTelemetry.Source.StartActivity("converge", ActivityKind.Consumer, leader);
    }

    // What is being worked on and what is remembered come before the list: a task that ends while we list has then changed
    // neither, and its allocation is left alone for this pass. So is what was urgent meanwhile.
    private async Task<NodeSnapshot> ReadAsync(HashSet<AllocationId> done, CancellationToken cancellationToken)
    {
        var remembered = urgent.Remember(pace.Time.GetUtcNow());
        using var limit = new CancellationTokenSource(ListLimit, pace.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var listing = inputs.Runtime.Required.ListAsync(both.Token);
        await urgent.AnswerUntilAsync(listing, done, cancellationToken);
        var workloads = await listing;
        inputs.Runtime.NoteAnswers();
        foreach (var ended in workloads.Where(w => w.State == WorkloadState.Exited))
        {
            // Should the news of an end have been lost, who waits for it hears of it here.
            inputs.Exits.TryPost(ended.Id.Value);
        }

        return remembered with { Workloads = [.. workloads.Select(Sight.Of)] };
    }

    [LoggerMessage(5005, LogLevel.Error, "A pass failed and is repeated: {Reason}")]
    private partial void LogPassFailed(string reason, Exception exception);

    [LoggerMessage(5007, LogLevel.Information, "Stopping all workloads of this node, as Worker:StopWorkloadsOnExit says")]
    private partial void LogStoppingAll();
}

/// <summary>What a pass looks at.</summary>
internal sealed record LoopInputs(
    RuntimeConnection Runtime, AssignmentHolder Holder, AllocationBook Book, LocalCatalog Catalog, ExitBoard Exits, PeerBoard Peers);

/// <summary>Where a pass leads.</summary>
internal sealed record LoopOutputs(
    ActionRunner Runner, WorkSet Work, WorkloadStopper Stopper, ObservationReporter Reporter, Brakes Brakes);

/// <summary>When passes happen.</summary>
internal sealed record LoopPace(WakeSignal Wake, LoopHeartbeats Heartbeats, TimeProvider Time, Chance Chance, WorkerOptions Options);
