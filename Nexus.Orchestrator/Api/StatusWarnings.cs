using System.Collections.Immutable;
using Nexus.Core.State;
using Nexus.Orchestrator.ControlLoops;

namespace Nexus.Orchestrator.Api;

/// <summary>What the status says beyond pools and nodes, a sentence each. Pure.</summary>
internal static class StatusWarnings
{
    /// <summary>The warnings of a look.</summary>
    /// <param name="look">The look.</param>
    /// <param name="manager">The manager that answers.</param>
    /// <param name="clockLimit">How far clocks may differ.</param>
    public static ImmutableArray<string> Of(Look look, string manager, TimeSpan clockLimit) => [.. Orphans(look), .. Clocks(look, manager, clockLimit)];

    private static IEnumerable<string> Orphans(Look look)
    {
        if (look.Stored.Snapshot.Spec is not null)
        {
            return [];
        }

        var pools = look.Stored.Snapshot.Assignments.Values.SelectMany(a => a.Allocations)
            .Where(a => a.Desired != DesiredStatus.Stop)
            .GroupBy(a => a.Pool.Value, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (Pool: g.Key, Count: g.Count()))
            .ToList();
        var all = pools.Sum(p => p.Count);
        return all == 0 ? [] :
        [
            $"{all} container{(all == 1 ? " runs" : "s run")} that no spec asks for ({string.Join(", ", pools.Select(p => $"{p.Pool}: {p.Count}"))}): "
            + "the spec was lost with the cluster's state in Consul. They are kept and go on serving. Apply the spec to manage them again: nexus apply FILE",
        ];
    }

    private static IEnumerable<string> Clocks(Look look, string manager, TimeSpan limit)
    {
        var far = look.ClockDifferences.Where(n => ClockSkew.IsFar(n.Value, limit)).ToList();
        return far.Count > 1 && far.Count == look.ClockDifferences.Count && far.Select(n => Math.Sign(n.Value.Ticks)).Distinct().Count() == 1
            ? [ClockSkew.DescribeOwn(manager, far.Count, far.MinBy(n => n.Value.Duration()).Value, limit)]
            : far.Select(n => ClockSkew.Describe(n.Key, manager, n.Value, limit));
    }
}
