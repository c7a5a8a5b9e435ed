using System.Collections.Immutable;
using System.Globalization;
using Nexus.Core.Ids;

namespace Nexus.Core.State;

/// <summary>What the gateways hold against a replica, whatever its checks say.</summary>
/// <param name="Allocation">The replica.</param>
/// <param name="Pool">Its pool.</param>
/// <param name="IsEjected">Whether a gateway sends it no requests.</param>
/// <param name="Requests">Requests of the last 30 s, all gateways together.</param>
/// <param name="Failures">Of those, 5xx answers and failed attempts.</param>
/// <param name="Text">The same in words.</param>
public sealed record ReplicaTrouble(
    AllocationId Allocation, PoolName Pool, bool IsEjected, long Requests, long Failures, string Text)
{
    /// <summary>Whether at least half of its requests fail.</summary>
    public bool IsFailing => Failures > 0 && Failures * 2 >= Requests;
}

/// <summary>Brings together what the gateways report of replicas.</summary>
public static class ReplicaTroubles
{
    /// <summary>Every replica that shall run and that a gateway ejected or sees failing requests, by id.</summary>
    public static ImmutableSortedDictionary<string, ReplicaTrouble> Compute(ClusterSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var running = snapshot.Assignments.Values.SelectMany(a => a.Allocations)
            .Where(a => a.Desired == DesiredStatus.Run).Select(a => a.Id).ToHashSet();
        return snapshot.Gateways.Values
            .SelectMany(report => report.Evidence.Select(evidence => (report.Gateway, Evidence: evidence)))
            .Where(seen => running.Contains(seen.Evidence.Allocation))
            .GroupBy(seen => seen.Evidence.Allocation)
            .ToImmutableSortedDictionary(seen => seen.Key.Value, seen => Of([.. seen]), StringComparer.Ordinal);
    }

    /// <summary>The troubles of one pool in one line; null for none.</summary>
    public static string? OfPool(IReadOnlyCollection<ReplicaTrouble> troubles)
    {
        ArgumentNullException.ThrowIfNull(troubles);
        var worst = troubles.OrderByDescending(t => t.IsEjected).ThenByDescending(t => t.Failures)
            .ThenBy(t => t.Allocation.Value, StringComparer.Ordinal).FirstOrDefault();
        return worst is null ? null
            : $"{worst.Allocation} {worst.Text}" + (troubles.Count > 1 ? $" (and {troubles.Count - 1} more)" : "");
    }

    private static ReplicaTrouble Of(IReadOnlyList<(string Gateway, ReplicaEvidence Evidence)> seen)
    {
        var ejected = seen.Where(s => s.Evidence.Ejected is not null).ToList();
        var (requests, failures) = (seen.Sum(s => s.Evidence.Requests), seen.Sum(s => s.Evidence.Failures));
        var rate = requests == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture, $"{failures} of {requests} requests failed ({100 * failures / requests}%)");
        var text = ejected.Count == 0
            ? $"{rate} within 30 s, as {Gateways(seen.Select(s => s.Gateway))} report{(seen.Count == 1 ? "s" : "")}"
            : $"is ejected by {Gateways(ejected.Select(s => s.Gateway))}: {ejected[0].Evidence.Ejected}{(rate.Length == 0 ? "" : $"; {rate}")}";
        return new(seen[0].Evidence.Allocation, seen[0].Evidence.Pool, ejected.Count > 0, requests, failures, text);
    }

    private static string Gateways(IEnumerable<string> names)
    {
        var all = names.Order(StringComparer.Ordinal).ToList();
        return (all.Count == 1 ? "gateway " : "gateways ") + string.Join(", ", all);
    }
}
