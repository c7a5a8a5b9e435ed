using System.Collections.Immutable;
using System.Threading.Channels;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.Spec;

namespace Nexus.Gateway.Routing;

/// <summary>What the routing follows from, as last read.</summary>
/// <param name="Facts">The facts; its spec is empty until <paramref name="HasSpec"/>.</param>
/// <param name="HasSpec">Whether a spec was read.</param>
/// <param name="HasRoutes">Whether the leader's record of routes was looked for.</param>
/// <param name="ChangedAt">Timestamp of the oldest change not taken yet.</param>
internal sealed record RoutingInput(RoutingFacts Facts, bool HasSpec, bool HasRoutes, long? ChangedAt);

/// <summary>
/// The latest of every input, and one wake-up for whoever computes from them. Watches write, one loop takes; a burst of
/// changes is one wake-up.
/// </summary>
internal sealed class RoutingInputs(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private ImmutableDictionary<PoolName, PoolReading> _readings = ImmutableDictionary<PoolName, PoolReading>.Empty;
    private ImmutableDictionary<PoolName, PoolReading> _lastListed = ImmutableDictionary<PoolName, PoolReading>.Empty;
    private RoutingInput _input = new(
        new RoutingFacts(new ClusterSpec(), 0, ImmutableDictionary<PoolName, PoolReading>.Empty), HasSpec: false, HasRoutes: false, ChangedAt: null);
    private TaskCompletionSource _watchedChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void SetSpec(ClusterSpec spec, long revision) =>
        ChangeWatched(input => input with { Facts = input.Facts with { Spec = spec, SpecRevision = revision, SpecIsLost = false }, HasSpec = true });

    /// <summary>The leader's record of routes; null where there is none.</summary>
    public void SetRoutes(RoutesRecord? routes) =>
        ChangeWatched(input => input with { Facts = input.Facts with { Routes = routes }, HasRoutes = true });

    /// <summary>There is a record that cannot be read: what was read before holds.</summary>
    public void KeepRoutes() => ChangeWatched(input => input with { HasRoutes = true });

    /// <summary>Pools whose replicas are to be followed, and a task that ends when that may have changed.</summary>
    public (ImmutableHashSet<PoolName> Pools, Task Changed) Watched()
    {
        lock (_gate)
        {
            return (RoutingTable.Watched(_input.Facts), _watchedChanged.Task);
        }
    }

    /// <summary>Consul holds no spec: the last one holds until there is another.</summary>
    public void LoseSpec() => Change(input => input with { Facts = input.Facts with { SpecIsLost = true } });

    public void SetReading(PoolName pool, PoolReading reading) => Change(input =>
    {
        var before = _lastListed.GetValueOrDefault(pool, PoolReading.NotYet);
        _lastListed = reading.Outcome == ReadingOutcome.Listed ? _lastListed.SetItem(pool, reading) : _lastListed;
        _readings = _readings.SetItem(pool, reading);
        return input with
        {
            Facts = input.Facts with { Readings = _readings, News = AllocationNews.After(input.Facts.News, pool, before, reading) },
        };
    });

    public void Forget(PoolName pool) => Change(input =>
    {
        _lastListed = _lastListed.Remove(pool);
        _readings = _readings.Remove(pool);
        return input with { Facts = input.Facts with { Readings = _readings } };
    });

    /// <summary>The shares that rollouts ask for, all pools' at once.</summary>
    public void SetWeights(ImmutableDictionary<PoolName, ImmutableArray<RevisionWeight>> weights) =>
        Change(input => input with { Facts = input.Facts with { Weights = weights, KnowsWeights = true } });

    public void SetAgents(ImmutableArray<AgentAddress> agents) =>
        Change(input => input with { Facts = input.Facts with { Agents = agents } });

    public void Hear(AllocationNews news) =>
        Change(input => input with { Facts = input.Facts with { News = AllocationNews.With(input.Facts.News, news) } });

    /// <summary>Nobody speaks for a node any more; see <see cref="AllocationNews.Without"/>.</summary>
    public void Silence(NodeName node) =>
        Change(input => input with { Facts = input.Facts with { News = AllocationNews.Without(input.Facts.News, node) } });

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

    private void ChangeWatched(Func<RoutingInput, RoutingInput> change)
    {
        Change(change);
        Interlocked.Exchange(ref _watchedChanged, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
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
