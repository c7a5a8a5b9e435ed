using System.Threading.Channels;

namespace Nexus.WorkerAgent.Convergence;

/// <summary>Wakes one waiting loop. Many wakes before it looks are one.</summary>
internal sealed class WakeSignal
{
    private readonly Channel<byte> _pulse =
        Channel.CreateBounded<byte>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private int _woken;

    /// <summary>Wakes the loop now, or at its next wait.</summary>
    public void Set()
    {
        Volatile.Write(ref _woken, 1);
        _pulse.Writer.TryWrite(0);
    }

    /// <summary>Waits for a wake, or for <paramref name="limit"/> to pass; true when woken.</summary>
    public async Task<bool> WaitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = time.CreateTimer(
            static state => ((WakeSignal)state!)._pulse.Writer.TryWrite(0), this, limit, Timeout.InfiniteTimeSpan);
        await _pulse.Reader.ReadAsync(cancellationToken);
        return Interlocked.Exchange(ref _woken, 0) == 1;
    }
}
