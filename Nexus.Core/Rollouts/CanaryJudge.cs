using System.Globalization;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Rollouts;

/// <summary>Compares a canary with the revision that is proven, by what the gateways measured of both within their window.</summary>
internal static class CanaryJudge
{
    /// <summary>A difference below this is noise, however large the ratio of two short times is.</summary>
    private const double NoiseMilliseconds = 20;

    /// <summary>So many failures, most of its requests, need no larger number: a gateway gives little more to one that fails so.</summary>
    private const int PlainFailures = 5;

    /// <summary>How many times the requests that errors are judged by a 95th percentile takes: of 50 it is the third slowest.</summary>
    private const int RequestsForP95 = 4;

    /// <summary>The gateways' window: after that nothing of a cold start is in it any more.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    /// <summary>Why the canary may not go on; null while nothing speaks against it or too little is known.</summary>
    public static string? Objection(RolloutPass pass, IReadOnlyCollection<GatewayReport> gateways) =>
        IsJudged(pass) ? OfErrors(pass, Seen.Of(pass, gateways)) ?? OfTime(pass, Seen.Of(pass, gateways)) : null;

    /// <summary>
    /// What is still to be known when a step's time is over: null when enough requests came, or none came to either revision.
    /// </summary>
    public static string? Doubt(RolloutPass pass, IReadOnlyCollection<GatewayReport> gateways)
    {
        var seen = Seen.Of(pass, gateways);
        return seen.Canary.Requests >= pass.Spec.Canary.MinRequests || seen is { Canary.Requests: 0, Stable.Requests: 0 } ? null
            : $"only {seen.Canary.Requests} of the {pass.Spec.Canary.MinRequests} requests it is judged by came within {Window.TotalSeconds:0} s";
    }

    /// <summary>Why it may not go on although there is still doubt, and no time left to dispel it.</summary>
    public static string? ObjectionInDoubt(RolloutPass pass, IReadOnlyCollection<GatewayReport> gateways)
    {
        var seen = Seen.Of(pass, gateways);
        return seen.Canary is { Requests: 0 } && seen.Stable.Requests >= pass.Spec.Canary.MinRequests
            ? $"no request reached it within {Window.TotalSeconds:0} s, and {seen.Stable.Requests} the stable revision"
            : seen.Canary.ErrorRate - seen.Stable.ErrorRate > pass.Spec.Canary.MaxErrorRate ? Failed(pass, seen) : null;
    }

    // Also behind the last step, as long as there is something to compare it with.
    private static bool IsJudged(RolloutPass pass) =>
        pass.Record is { Strategy: Spec.RolloutStrategy.Canary, Stable: { } stable } && stable.Revision != pass.Record.Target.Revision
        && RolloutTargets.Doing(pass.Record) is RolloutPhase.Progressing or RolloutPhase.Paused;

    private static string? OfErrors(RolloutPass pass, Seen seen)
    {
        var limits = pass.Spec.Canary;
        var isPlain = seen.Canary.Failures >= PlainFailures && seen.Canary.ErrorRate >= 0.5 && seen.Stable.ErrorRate * 2 < seen.Canary.ErrorRate;
        var isEnough = seen.Canary.Requests >= limits.MinRequests && seen.Canary.ErrorRate - seen.Stable.ErrorRate > limits.MaxErrorRate;
        return isPlain || isEnough ? Failed(pass, seen) : null;
    }

    private static string? OfTime(RolloutPass pass, Seen seen)
    {
        var limits = pass.Spec.Canary;
        if (RolloutTargets.StepCount(pass.Record, pass.View) is null || pass.Record.StepSince is not { } since)
        {
            return null;
        }

        var pause = pass.Spec.Canary.Steps[pass.Record.Step].Pause ?? Window;
        var isWarm = pass.View.Now - since >= (pause < Window ? pause : Window);
        var enough = (long)limits.MinRequests * RequestsForP95;
        return isWarm && seen.Canary.Requests >= enough && seen.Stable.Requests >= enough
            && seen.Canary.P95 > seen.Stable.P95 * limits.MaxP95Ratio && seen.Canary.P95 - seen.Stable.P95 > NoiseMilliseconds
            ? string.Create(CultureInfo.InvariantCulture,
                $"its p95 is {seen.Canary.P95:0} ms against {seen.Stable.P95:0} ms of the stable revision; {limits.MaxP95Ratio:0.#} times as long is allowed")
            : null;
    }

    private static string Failed(RolloutPass pass, Seen seen) => string.Create(CultureInfo.InvariantCulture,
        $"{seen.Canary.ErrorRate:P1} of its {seen.Canary.Requests} requests failed against {seen.Stable.ErrorRate:P1} of the stable revision's; {pass.Spec.Canary.MaxErrorRate:P1} more is allowed");

    /// <summary>What all gateways saw of the two.</summary>
    private readonly record struct Seen(Sums Canary, Sums Stable)
    {
        public static Seen Of(RolloutPass pass, IReadOnlyCollection<GatewayReport> gateways) => new(
            Sums.Of(gateways, pass.View.Name, pass.Record.Target.Revision), Sums.Of(gateways, pass.View.Name, pass.Record.Stable!.Revision));
    }

    private readonly record struct Sums(long Requests, long Failures, double P95)
    {
        public double ErrorRate => Requests == 0 ? 0 : (double)Failures / Requests;

        public static Sums Of(IReadOnlyCollection<GatewayReport> gateways, PoolName pool, PoolRevision revision)
        {
            var (requests, failures, weighted) = (0L, 0L, 0.0);
            foreach (var traffic in gateways.SelectMany(g => g.Traffic).Where(t => t.Pool == pool && t.Revision == revision))
            {
                requests += traffic.Requests;
                failures += traffic.Failures;
                weighted += traffic.P95Milliseconds * traffic.Requests;
            }

            return new Sums(requests, failures, requests == 0 ? 0 : weighted / requests);
        }
    }
}
