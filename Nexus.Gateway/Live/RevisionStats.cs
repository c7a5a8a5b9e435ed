using Nexus.Core.Routing;

namespace Nexus.Gateway.Live;

/// <summary>How one revision fared within a sliding window: slices of time, of which the oldest is emptied for the newest. Writers
/// take no lock but at the turn of a slice; a count that falls between two slices may be lost, which a share of requests bears.</summary>
internal sealed class RevisionStats(TimeProvider time)
{
    private const int Slices = 6;

    private static readonly TimeSpan SliceLength = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Slice[] _slices = [.. Enumerable.Range(0, Slices).Select(_ => new Slice())];

    /// <summary>One request was answered or failed; null without an answer's head.</summary>
    public void Count(bool isFailure, double? milliseconds)
    {
        var slice = Current();
        Interlocked.Increment(ref slice.Requests);
        if (isFailure)
        {
            Interlocked.Increment(ref slice.Failures);
        }

        if (milliseconds is { } known)
        {
            Interlocked.Increment(ref slice.Steps[LatencySteps.Of(known)]);
        }
    }

    public (long Requests, long Failures, double P95Milliseconds) Read()
    {
        var oldest = Number() - Slices + 1;
        var (requests, failures) = (0L, 0L);
        Span<long> steps = stackalloc long[LatencySteps.Count];
        foreach (var slice in _slices.Where(slice => Volatile.Read(ref slice.Number) >= oldest))
        {
            requests += Interlocked.Read(ref slice.Requests);
            failures += Interlocked.Read(ref slice.Failures);
            for (var i = 0; i < steps.Length; i++)
            {
                steps[i] += Interlocked.Read(ref slice.Steps[i]);
            }
        }

        return (requests, failures, Math.Round(LatencySteps.Percentile(steps, 0.95), 1));
    }

    private long Number() => time.GetTimestamp() / (long)(SliceLength.TotalSeconds * time.TimestampFrequency);

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
                    Array.Clear(slice.Steps);
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
        public readonly long[] Steps = new long[LatencySteps.Count];
    }
}
