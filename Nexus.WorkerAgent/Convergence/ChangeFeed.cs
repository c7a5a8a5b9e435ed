using System.Collections.Immutable;
using System.Threading.Channels;
using Nexus.Core.Convergence;

namespace Nexus.WorkerAgent.Convergence;

/// <summary>
/// Hands each change to all who listen. Never waits: who falls too far behind is cut off, and gets the whole again when it
/// comes back.
/// </summary>
internal sealed class ChangeFeed
{
    /// <summary>Most listeners at a time.</summary>
    public const int MaxListeners = 64;

    private ImmutableList<ChangeListener> _listeners = [];

    /// <summary>Tells all listeners; called in the order in which things happened.</summary>
    public void Publish(IEnumerable<AllocationNews> news)
    {
        foreach (var change in news)
        {
            foreach (var listener in Volatile.Read(ref _listeners))
            {
                if (!listener.TryTell(change))
                {
                    Remove(listener);
                }
            }
        }
    }

    /// <summary>Adds a listener that hears <paramref name="present"/> first; null when there are too many.</summary>
    public ChangeListener? TryAdd(IEnumerable<AllocationNews> present)
    {
        if (Volatile.Read(ref _listeners).Count >= MaxListeners)
        {
            return null;
        }

        var listener = new ChangeListener([.. present], Remove);
        ImmutableInterlocked.Update(ref _listeners, all => all.Add(listener));
        return listener;
    }

    private void Remove(ChangeListener listener) => ImmutableInterlocked.Update(ref _listeners, all => all.Remove(listener));
}

/// <summary>One who listens. Its news end when it was too slow.</summary>
internal sealed class ChangeListener(ImmutableArray<AllocationNews> present, Action<ChangeListener> remove) : IDisposable
{
    /// <summary>Changes that may wait for a listener.</summary>
    public const int Bound = 1024;

    private readonly Channel<AllocationNews> _news =
        Channel.CreateBounded<AllocationNews>(new BoundedChannelOptions(Bound) { SingleReader = true });

    /// <summary>What stood when it began to listen.</summary>
    public ImmutableArray<AllocationNews> Present => present;

    /// <summary>What changed since.</summary>
    public ChannelReader<AllocationNews> News => _news.Reader;

    /// <summary>Leaves.</summary>
    public void Dispose() => remove(this);

    /// <summary>Tells it; false, and no more comes, when too much waits already.</summary>
    public bool TryTell(AllocationNews change)
    {
        if (_news.Writer.TryWrite(change))
        {
            return true;
        }

        _news.Writer.TryComplete();
        return false;
    }
}
