using System.Collections.Immutable;
using Nexus.Core.Spec;

namespace Nexus.Core.Routing;

/// <summary>How the requests to one replica went within a window.</summary>
/// <param name="Id">The replica.</param>
/// <param name="Group">Only replicas of one group are compared, as when revisions get fixed shares of the requests.</param>
/// <param name="Requests">Requests that were answered or failed.</param>
/// <param name="Failures">Of those, 5xx answers and failed attempts.</param>
/// <param name="IsEjected">Whether it is ejected already, for whatever reason.</param>
/// <param name="IsOnProbation">Whether it was ejected for its error rate not long ago: fewer requests decide then.</param>
public readonly record struct ReplicaTraffic(
    string Id, string Group, long Requests, long Failures, bool IsEjected = false, bool IsOnProbation = false)
{
    /// <summary>Share of failed requests, 0 to 1.</summary>
    public double ErrorRate => Requests <= 0 ? 0 : (double)Failures / Requests;
}

/// <summary>
/// Finds replicas that fail far more often than the others of their pool, as Envoy's outlier detection by failure percentage and
/// success rate does. Replicas that all fail alike are no outliers: what they share is at fault, and to eject some would overload
/// the rest.
/// </summary>
public static class OutlierDetection
{
    /// <summary>Requests that decide about a replica on probation.</summary>
    public const int ProbationRequests = 5;

    // How many standard errors a difference must exceed, so that chance in few requests ejects nobody.
    private const double Significance = 3;

    /// <summary>The replicas to eject, the worst first; never so many that fewer than one, or than the pool's share, remain.</summary>
    public static ImmutableArray<string> Compute(OutlierDetectionSpec spec, IEnumerable<ReplicaTraffic> replicas)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(replicas);
        return spec.Enabled && spec.MaxEjectedPercent > 0
            ? [.. replicas.GroupBy(replica => replica.Group, StringComparer.Ordinal).SelectMany(group => OfGroup(spec, [.. group]))]
            : [];
    }

    /// <summary>How long the n-th ejection in a row lasts, from 1.</summary>
    public static TimeSpan EjectionTime(OutlierDetectionSpec spec, int consecutive)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var time = spec.EjectionTime * Math.Max(1, consecutive);
        return time < spec.MaxEjectionTime ? time : spec.MaxEjectionTime;
    }

    private static IEnumerable<string> OfGroup(OutlierDetectionSpec spec, List<ReplicaTraffic> group)
    {
        var ejected = group.Count(replica => replica.IsEjected);
        var most = Math.Max(1, group.Count * spec.MaxEjectedPercent / 100);
        var room = Math.Min(most - ejected, group.Count - ejected - 1);
        var peers = group.Where(replica => !replica.IsEjected && replica.Requests >= spec.MinRequests).ToList();
        return group
            .Where(replica => !replica.IsEjected && IsOutlier(spec, replica, peers))
            .OrderByDescending(replica => replica.ErrorRate)
            .ThenByDescending(replica => replica.Failures)
            .ThenBy(replica => replica.Id, StringComparer.Ordinal)
            .Take(Math.Max(0, room))
            .Select(replica => replica.Id);
    }

    private static bool IsOutlier(OutlierDetectionSpec spec, ReplicaTraffic replica, List<ReplicaTraffic> peers)
    {
        var enough = replica.IsOnProbation ? Math.Min(ProbationRequests, spec.MinRequests) : spec.MinRequests;
        var others = peers.Where(peer => peer.Id != replica.Id).ToList();
        return replica.Requests >= enough
            && others.Count + 1 >= spec.MinReplicas
            && others.Count > 0
            && replica.ErrorRate - Median(others) >= spec.ErrorRatePercent / 100.0
            && IsSignificant(replica, others);
    }

    private static double Median(List<ReplicaTraffic> replicas)
    {
        var rates = replicas.Select(replica => replica.ErrorRate).Order().ToList();
        var middle = rates.Count / 2;
        return rates.Count % 2 == 1 ? rates[middle] : (rates[middle - 1] + rates[middle]) / 2;
    }

    // The z-test for two proportions: this replica's error rate against that of all others together.
    private static bool IsSignificant(ReplicaTraffic replica, List<ReplicaTraffic> others)
    {
        double requests = others.Sum(other => other.Requests);
        double failures = others.Sum(other => other.Failures);
        var shared = (replica.Failures + failures) / (replica.Requests + requests);
        var error = Math.Sqrt(shared * (1 - shared) * ((1.0 / replica.Requests) + (1 / requests)));
        return error > 0 && (replica.ErrorRate - (failures / requests)) / error >= Significance;
    }
}
