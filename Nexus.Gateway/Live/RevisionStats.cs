using Nexus.Core.Routing;

namespace Nexus.Gateway.Live;

/// <summary>How one revision fared within a sliding window of 30 s.</summary>
internal sealed class RevisionStats(TimeProvider time)
{
    private const int Slices = 6;
    private const int Requests = 0;
    private const int Failures = 1;
    private const int Steps = 2;

    private readonly CountRing _ring = new(Slices, TimeSpan.FromSeconds(5), Steps + LatencySteps.Count, time);

    /// <summary>One request was answered or failed; null without an answer's head.</summary>
    public void Count(bool isFailure, double? milliseconds)
    {
        var counts = _ring.Current();
        Interlocked.Increment(ref counts[Requests]);
        if (isFailure)
        {
            Interlocked.Increment(ref counts[Failures]);
        }

        if (milliseconds is { } known)
        {
            Interlocked.Increment(ref counts[Steps + LatencySteps.Of(known)]);
        }
    }

    public (long Requests, long Failures, double P95Milliseconds) Read()
    {
        Span<long> sums = stackalloc long[Steps + LatencySteps.Count];
        _ring.Sum(Slices, sums);
        return (sums[Requests], sums[Failures], Math.Round(LatencySteps.Percentile(sums[Steps..], 0.95), 1));
    }
}
