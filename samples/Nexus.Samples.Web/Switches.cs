using System.Collections.Concurrent;

namespace Nexus.Samples.Web;

/// <summary>The faults that are switched on. Owned by one app; safe from any thread.</summary>
internal sealed class Switches(SampleSettings settings, TimeProvider time)
{
    private readonly ConcurrentQueue<byte[]> _leaked = new();
    private long _slowTicks;
    private volatile Task _hang = Task.CompletedTask;
    private volatile int _healthStatus = settings.NeverHealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;

    public int HealthStatus
    {
        get => _healthStatus;
        set => _healthStatus = value;
    }

    public TimeSpan Slow
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _slowTicks));
        set => Interlocked.Exchange(ref _slowTicks, value.Ticks);
    }

    /// <summary>Every request that comes from now on waits this long.</summary>
    public void Hang(TimeSpan length) => _hang = Task.Delay(length, time);

    public long Leak(int megabytes)
    {
        for (var i = 0; i < megabytes; i++)
        {
            var block = GC.AllocateUninitializedArray<byte>(1024 * 1024);
            block.AsSpan().Fill(1); // Untouched pages would cost nothing.
            _leaked.Enqueue(block);
        }

        return _leaked.Count;
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _hang.WaitAsync(cancellationToken);
        if (Slow > TimeSpan.Zero)
        {
            await Task.Delay(Slow, time, cancellationToken);
        }
    }
}
