namespace Nexus.Gateway.Live;

/// <summary>
/// Counters within a sliding window: a ring of slices of time, of which the oldest is emptied for the newest. Writers take no lock
/// but at the turn of a slice; a count that falls between two slices may be lost, which a rate bears.
/// </summary>
/// <param name="slices">How many slices the longest window has.</param>
/// <param name="length">How long one is.</param>
/// <param name="counters">How many counters each has.</param>
/// <param name="time">The clock.</param>
internal sealed class CountRing(int slices, TimeSpan length, int counters, TimeProvider time)
{
    private readonly long _ticks = (long)(length.TotalSeconds * time.TimestampFrequency);
    private readonly Lock _gate = new();
    private readonly Slice[] _slices = [.. Enumerable.Range(0, slices).Select(_ => new Slice(counters))];

    /// <summary>The counters of now, each to be incremented with <see cref="Interlocked"/>.</summary>
    public long[] Current()
    {
        var number = Number();
        var slice = _slices[number % slices];
        if (Volatile.Read(ref slice.Number) != number)
        {
            lock (_gate)
            {
                if (slice.Number != number)
                {
                    Array.Clear(slice.Counts);
                    Volatile.Write(ref slice.Number, number);
                }
            }
        }

        return slice.Counts;
    }

    /// <summary>Adds up what was counted within the last slices.</summary>
    /// <param name="last">How many of them, the one of now included.</param>
    /// <param name="sums">One for each counter.</param>
    public void Sum(long last, Span<long> sums)
    {
        sums.Clear();
        var oldest = Number() - last + 1;
        foreach (var slice in _slices)
        {
            if (Volatile.Read(ref slice.Number) < oldest)
            {
                continue;
            }

            for (var i = 0; i < sums.Length; i++)
            {
                sums[i] += Interlocked.Read(ref slice.Counts[i]);
            }
        }
    }

    /// <summary>Forgets everything.</summary>
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

    private long Number() => time.GetTimestamp() / _ticks;

    private sealed class Slice(int counters)
    {
        public readonly long[] Counts = new long[counters];
        public long Number = -1;
    }
}
