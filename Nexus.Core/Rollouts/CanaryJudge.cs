using System.Globalization;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Rollouts;

/// <summary>Compares a canary with the revision that is proven, by what the gateways measured of both.</summary>
internal static class CanaryJudge
{
    /// <summary>A difference below this is noise, however large the ratio of two short times is.</summary>
    private const double NoiseMilliseconds = 5;

    /// <summary>Why the canary may not go on; null while nothing speaks against it or too little is known.</summary>
    public static string? Objection(RolloutPass pass, IReadOnlyCollection<GatewayReport> gateways)
    {
        if (RolloutTargets.StepCount(pass.Record, pass.View) is null)
        {
            return null;
        }

        var limits = pass.Spec.Canary;
        var canary = Sum(gateways, pass.View.Name, pass.Record.Target.Revision);
        if (canary.Requests < limits.MinRequests)
        {
            return null;
        }

        var stable = Sum(gateways, pass.View.Name, pass.Record.Stable!.Revision);
        if (canary.ErrorRate - stable.ErrorRate > limits.MaxErrorRate)
        {
            return string.Create(CultureInfo.InvariantCulture,
                $"{canary.ErrorRate:P1} of its {canary.Requests} requests failed against {stable.ErrorRate:P1} of the stable revision's; {limits.MaxErrorRate:P1} more is allowed");
        }

        return stable.Requests >= limits.MinRequests && canary.P95 > stable.P95 * limits.MaxP95Ratio
            && canary.P95 - stable.P95 > NoiseMilliseconds
            ? string.Create(CultureInfo.InvariantCulture,
                $"its p95 is {canary.P95:0} ms against {stable.P95:0} ms of the stable revision; {limits.MaxP95Ratio:0.#} times as long is allowed")
            : null;
    }

    private static Sums Sum(IReadOnlyCollection<GatewayReport> gateways, PoolName pool, PoolRevision revision)
    {
        var (requests, failures, weighted) = (0L, 0L, 0.0);
        foreach (var traffic in gateways.SelectMany(g => g.Traffic).Where(t => t.Pool == pool && t.Revision == revision))
        {
            requests += traffic.Requests;
            failures += traffic.Failures;
            weighted += traffic.P95Milliseconds * traffic.Requests;
        }

        return new Sums(requests, requests == 0 ? 0 : (double)failures / requests, requests == 0 ? 0 : weighted / requests);
    }

    private readonly record struct Sums(long Requests, double ErrorRate, double P95);
}
