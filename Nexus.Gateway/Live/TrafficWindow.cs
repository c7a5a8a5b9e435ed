namespace Nexus.Gateway.Live;

/// <summary>Requests and failures of one replica within a sliding window of slices of a second.</summary>
internal sealed class TrafficWindow(TimeProvider time)
{
    /// <summary>The longest window that can be read.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(Slices);

    private const int Slices = 30;

    private readonly CountRing _ring = new(Slices, TimeSpan.FromSeconds(1), counters: 2, time);

    public void Count(bool isFailure)
    {
        var counts = _ring.Current();
        Interlocked.Increment(ref counts[0]);
        if (isFailure)
        {
            Interlocked.Increment(ref counts[1]);
        }
    }

    /// <summary>What was counted within the last <paramref name="window"/>.</summary>
    public (long Requests, long Failures) Read(TimeSpan window)
    {
        Span<long> sums = stackalloc long[2];
        _ring.Sum((long)window.TotalSeconds, sums);
        return (sums[0], Math.Min(sums[1], sums[0]));
    }

    /// <summary>Forgets everything, so that what led to one ejection does not lead to the next.</summary>
    public void Clear() => _ring.Clear();
}
