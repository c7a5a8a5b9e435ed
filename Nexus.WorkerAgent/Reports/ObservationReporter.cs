using System.Collections.Immutable;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Reports;

/// <summary>
/// Keeps <c>nexus/observed/{node}</c> equal to the book: by CAS, only when it differs, many changes in one write. Looks from
/// time to time whether its word still stands there, since Consul may have lost it.
/// </summary>
internal sealed partial class ObservationReporter(
    ConsulClient consul, AgentIdentity identity, AllocationBook book, TimeProvider time, ILogger<ObservationReporter> logger)
    : BackgroundService
{
    /// <summary>Least time between two writes: the first of many changes is told at once, those that follow it share one.</summary>
    public static readonly TimeSpan Coalescing = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWordLimit = TimeSpan.FromSeconds(1);
    private const int MaxLength = 400 * 1024;

    private readonly string _key = StateKeys.ObservedOf(identity.Node);
    private (ulong Epoch, ulong Generation)? _actedOn;
    private bool _away;

    /// <summary>A pass acted on this assignment. Nothing is reported before the first pass has looked at what runs.</summary>
    public void NoteActedOn(NodeAssignment? assignment)
    {
        var acted = (assignment?.Epoch ?? 0, assignment?.Generation ?? 0);
        if (_actedOn != acted)
        {
            _actedOn = acted;
            book.Changes.Set();
        }
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
            var document = Document(acted);
            if (pair is null || !pair.Value.Span.SequenceEqual(document))
            {
                await consul.Kv.CompareAndSetAsync(_key, document, pair?.ModifyIndex ?? 0, both.Token);
            }
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
        ReadOnlyMemory<byte> written = default;
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
                if (!woken || index is null)
                {
                    (index, written) = await LookAsync(stoppingToken);
                }

                if (_actedOn is not { } acted)
                {
                    continue;
                }

                var document = Document(acted);
                if (!document.AsSpan().SequenceEqual(written.Span))
                {
                    var expected = index.Value;
                    index = null;
                    if (!await consul.Kv.CompareAndSetAsync(_key, document, expected, stoppingToken))
                    {
                        book.Changes.Set();
                        continue;
                    }

                    // Now, while nobody waits for it: the next write may be the one that tells of a death.
                    (index, written) = await LookAsync(stoppingToken);
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

    private byte[] Document((ulong Epoch, ulong Generation) acted)
    {
        var observation = new NodeObservation
        {
            Node = identity.Node,
            Epoch = acted.Epoch,
            Generation = acted.Generation,
            Allocations = [.. book.Current.Values
                .OrderBy(m => m.Id.Value, StringComparer.Ordinal)
                .Select(m => m.ToObserved(identity.Address))],
        };
        var document = StateJson.Write(observation, StateJson.Default.NodeObservation);
        return document.Length <= MaxLength ? document : StateJson.Write(
            observation with { Allocations = observation.Allocations.Select(a => a with { LastLogs = [] }).ToImmutableArray() },
            StateJson.Default.NodeObservation);
    }

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

    [LoggerMessage(5022, LogLevel.Warning, "Cannot report to {Key}, trying on: {Reason}")]
    private partial void LogAway(string key, string reason);

    [LoggerMessage(5023, LogLevel.Information, "Reporting to {Key} again")]
    private partial void LogBack(string key);
}
