using System.Collections.Immutable;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;
using Nexus.ServiceDefaults.Clocks;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Reports;

/// <summary>
/// Keeps <c>nexus/observed/{node}</c> equal to the book: by CAS, only when it differs, many changes in one write. Looks from
/// time to time whether its word still stands there, since Consul may have lost it. Each report carries the clocks of its node, so it
/// is written once a minute, and when the machine's clock is set, although nothing else changed.
/// </summary>
internal sealed partial class ObservationReporter(
    ConsulClient consul, AgentIdentity identity, AssignmentHolder holder, AllocationBook book, TimeProvider time, ILogger<ObservationReporter> logger)
    : BackgroundService
{
    /// <summary>Least time between two writes: the first of many changes is told at once, those that follow it share one.</summary>
    public static readonly TimeSpan Coalescing = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWordLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ClockStep = TimeSpan.FromSeconds(1);
    private const int MaxLength = 400 * 1024;

    private readonly string _key = StateKeys.ObservedOf(identity.Node);
    private ActedOn? _actedOn;
    private volatile bool _hasReported;
    private volatile bool _isForeign;
    private bool _away;

    /// <summary>A pass acted on this assignment. Nothing is reported before the first pass has looked at what runs.</summary>
    /// <param name="assignment">The assignment.</param>
    /// <param name="held">The one held since, and what is refused beside it.</param>
    public void NoteActedOn(NodeAssignment? assignment, HeldAssignment held)
    {
        var acted = new ActedOn(
            assignment?.Store, assignment?.Epoch ?? 0, assignment?.Generation ?? 0, held.Refused is null ? null : held.Assignment?.Mark, held.Refused);
        if (_actedOn != acted)
        {
            _actedOn = acted;
            book.Changes.Set();
        }
    }

    /// <summary>Has the report compared with what stands in Consul at once, and composed again.</summary>
    public void LookAgain()
    {
        _isForeign = true;
        book.Changes.Set();
    }

    /// <summary>The report was deleted or overwritten by others: it is looked at and written again. False before the first report.</summary>
    public bool NoteForeign()
    {
        if (!_hasReported)
        {
            return false;
        }

        LookAgain();
        return true;
    }

    /// <summary>Ends with a last report of how it leaves the node.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_actedOn is not { } acted)
        {
            return;
        }

        using var limit = new CancellationTokenSource(LastWordLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var pair = await consul.Kv.GetAsync(_key, both.Token);
            await consul.Kv.CompareAndSetAsync(_key, Stamped(Observe(acted)).Document, pair?.ModifyIndex ?? 0, both.Token);
        }
        catch (Exception e) when (e is ConsulException or OperationCanceledException)
        {
            TellAway(e.Message);
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until cancelled, on the caller's own flow.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        ulong? index = null;
        ReadOnlyMemory<byte> standing = default;
        Report? written = null;
        long? told = null;
        while (true)
        {
            var woken = await book.Changes.WaitAsync(LookInterval, time, stoppingToken);
            if (told is { } last && Coalescing - time.GetElapsedTime(last) is { } rest && rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, time, stoppingToken);
            }

            told = time.GetTimestamp();
            try
            {
                if (!woken || index is null || _isForeign)
                {
                    _isForeign = false;
                    (index, standing) = await LookAsync(stoppingToken);
                }

                if (_actedOn is not { } acted)
                {
                    continue;
                }

                var observation = Observe(acted);
                if (written is null || !written.Document.AsSpan().SequenceEqual(standing.Span) || IsOld(written, observation))
                {
                    var expected = index.Value;
                    index = null;
                    var report = Stamped(observation);
                    if (!await consul.Kv.CompareAndSetAsync(_key, report.Document, expected, stoppingToken))
                    {
                        book.Changes.Set();
                        continue;
                    }

                    // Now, while nobody waits for it: the next write may be the one that tells of a death.
                    (written, _hasReported) = (report, true);
                    (index, standing) = await LookAsync(stoppingToken);
                }

                TellBack();
            }
            catch (ConsulException e)
            {
                index = null;
                TellAway(e.Message);
                await Task.Delay(Pause, time, stoppingToken);
                book.Changes.Set();
            }
        }
    }

    private async Task<(ulong Index, ReadOnlyMemory<byte> Written)> LookAsync(CancellationToken cancellationToken)
    {
        var pair = await consul.Kv.GetAsync(_key, cancellationToken);
        return (pair?.ModifyIndex ?? 0, pair?.Value ?? default);
    }

    private NodeObservation Observe(ActedOn acted)
    {
        var observation = new NodeObservation
        {
            Node = identity.Node,
            Store = acted.Store,
            Kept = holder.IsOfOtherCluster ? null : holder.Kept,
            Epoch = acted.Epoch,
            Generation = acted.Generation,
            Held = acted.Held,
            Refused = acted.Refused,
            Allocations = [.. book.Current.Values
                .OrderBy(m => m.Id.Value, StringComparer.Ordinal)
                .Select(m => m.ToObserved(identity.Address))],
        };
        return Bytes(observation).Length <= MaxLength
            ? observation
            : observation with { Allocations = observation.Allocations.Select(a => a with { LastLogs = [] }).ToImmutableArray() };
    }

    private Report Stamped(NodeObservation observation)
    {
        var (now, clock) = (time.GetUtcNow(), time.GetWallNow());
        return new Report(Bytes(observation with { ReportedAt = now, Clock = clock }), Bytes(observation), now, clock - now);
    }

    private bool IsOld(Report written, NodeObservation observation)
    {
        var now = time.GetUtcNow();
        return now - written.At >= RefreshInterval
            || (time.GetWallNow() - now - written.ClockAhead).Duration() > ClockStep
            || !Bytes(observation).AsSpan().SequenceEqual(written.Content);
    }

    private static byte[] Bytes(NodeObservation observation) => StateJson.Write(observation, StateJson.Default.NodeObservation);

    private void TellAway(string reason)
    {
        if (!_away)
        {
            _away = true;
            LogAway(_key, reason);
        }
    }

    private void TellBack()
    {
        if (_away)
        {
            _away = false;
            LogBack(_key);
        }
    }

    /// <summary>The assignment that a pass acted on.</summary>
    private sealed record ActedOn(string? Store, ulong Epoch, ulong Generation, AssignmentMark? Held, AssignmentMark? Refused);

    /// <summary>A report as it was written.</summary>
    /// <param name="Document">All of it.</param>
    /// <param name="Content">All of it but the clocks.</param>
    /// <param name="At">When.</param>
    /// <param name="ClockAhead">How far the machine's clock was ahead of the steady one.</param>
    private sealed record Report(byte[] Document, byte[] Content, DateTimeOffset At, TimeSpan ClockAhead);

    [LoggerMessage(5022, LogLevel.Warning, "Cannot report to {Key}, trying on: {Reason}")]
    private partial void LogAway(string key, string reason);

    [LoggerMessage(5023, LogLevel.Information, "Reporting to {Key} again")]
    private partial void LogBack(string key);
}
