namespace Nexus.Gateway.Live;

/// <summary>Requests and failures of one replica within a sliding window of slices of a second. Writers take no lock but at the turn
/// of a slice; a count that falls between two slices may be lost, which a rate bears.</summary>
internal sealed class TrafficWindow(TimeProvider time)
{
    /// <summary>The longest window that can be read.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(Slices);

    private const int Slices = 30;

    private readonly Lock _gate = new();
    private readonly Slice[] _slices = [.. Enumerable.Range(0, Slices).Select(_ => new Slice())];

    public void Count(bool isFailure)
    {
        var slice = Current();
        Interlocked.Increment(ref slice.Requests);
        if (isFailure)
        {
            Interlocked.Increment(ref slice.Failures);
        }
    }

    /// <summary>What was counted within the last <paramref name="window"/>.</summary>
    public (long Requests, long Failures) Read(TimeSpan window)
    {
        var oldest = Number() - (long)window.TotalSeconds + 1;
        var (requests, failures) = (0L, 0L);
        foreach (var slice in _slices)
        {
            if (Volatile.Read(ref slice.Number) >= oldest)
            {
                requests += Interlocked.Read(ref slice.Requests);
                failures += Interlocked.Read(ref slice.Failures);
            }
        }

        return (requests, Math.Min(failures, requests));
    }

    /// <summary>Forgets everything, so that what led to one ejection does not lead to the next.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            foreach (var slice in _slices)
            {
                Volatile.Write(ref slice.Number, -1);
            }
        }
    }

    private long Number() => time.GetTimestamp() / time.TimestampFrequency;

    private Slice Current()
    {
        var number = Number();
        var slice = _slices[number % Slices];
        if (Volatile.Read(ref slice.Number) != number)
        {
            lock (_gate)
            {
                if (slice.Number != number)
                {
                    slice.Requests = 0;
                    slice.Failures = 0;
                    Volatile.Write(ref slice.Number, number);
                }
            }
        }

        return slice;
    }

    private sealed class Slice
    {
        public long Number = -1;
        public long Requests;
        public long Failures;
    }
}
