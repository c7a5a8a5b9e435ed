using System.Collections.Immutable;
using System.Threading.Channels;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Core.Spec;

namespace Nexus.Gateway.Routing;

/// <summary>What the routing follows from, as last read.</summary>
/// <param name="Spec">The spec; null before it was read once.</param>
/// <param name="SpecRevision">Its revision.</param>
/// <param name="Readings">The last look at each pool.</param>
/// <param name="ChangedAt">Timestamp of the oldest change not taken yet.</param>
internal sealed record RoutingInput(
    ClusterSpec? Spec, long SpecRevision, ImmutableDictionary<PoolName, PoolReading> Readings, long? ChangedAt);

/// <summary>
/// The latest of every input, and one wake-up for whoever computes from them. Watches write, one loop takes; a burst of
/// changes is one wake-up.
/// </summary>
internal sealed class RoutingInputs(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private RoutingInput _input = new(null, 0, ImmutableDictionary<PoolName, PoolReading>.Empty, null);

    public void SetSpec(ClusterSpec spec, long revision) =>
        Change(input => input with { Spec = spec, SpecRevision = revision });

    public void SetReading(PoolName pool, PoolReading reading) =>
        Change(input => input with { Readings = input.Readings.SetItem(pool, reading) });

    public void Forget(PoolName pool) =>
        Change(input => input with { Readings = input.Readings.Remove(pool) });

    /// <summary>Takes the inputs; a change after this wakes again.</summary>
    public RoutingInput Take()
    {
        lock (_gate)
        {
            var input = _input;
            _input = input with { ChangedAt = null };
            return input;
        }
    }

    /// <summary>Waits for a change since the last <see cref="Take"/>, or until it is time to look anyway.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await _wake.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing came; look anyway.
        }
    }

    private void Change(Func<RoutingInput, RoutingInput> change)
    {
        lock (_gate)
        {
            _input = change(_input) with { ChangedAt = _input.ChangedAt ?? time.GetTimestamp() };
        }

        _wake.Writer.TryWrite(true);
    }
}
