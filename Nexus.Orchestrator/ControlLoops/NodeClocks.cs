using System.Collections.Immutable;
using Nexus.Core.State;
using Nexus.ServiceDefaults.Clocks;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>
/// How far the nodes' clocks are from this manager's. A report carries the clock of its node; it takes time to get here, which makes
/// that clock look late, so of the last few reports the one that looks least late counts. Decisions never use it.
/// </summary>
internal sealed class NodeClocks(TimeProvider time)
{
    private const int Samples = 3;
    private readonly Dictionary<string, Seen> _nodes = new(StringComparer.Ordinal);

    /// <summary>Takes the reports of a look in.</summary>
    /// <returns>The difference of each node that has reported since this manager started; positive where the node is ahead.</returns>
    public ImmutableSortedDictionary<string, TimeSpan> Look(ClusterSnapshot snapshot)
    {
        foreach (var gone in _nodes.Keys.Where(n => !snapshot.Observations.ContainsKey(n)).ToList())
        {
            _nodes.Remove(gone);
        }

        foreach (var (name, report) in snapshot.Observations)
        {
            if (report.Clock is not { } clock)
            {
                continue;
            }

            if (!_nodes.TryGetValue(name, out var seen))
            {
                // When it was written is not known.
                _nodes[name] = new Seen(clock, []);
            }
            else if (seen.Clock != clock)
            {
                _nodes[name] = new Seen(clock, [clock - time.GetWallNow(), .. seen.Differences.Take(Samples - 1)]);
            }
            else
            {
                // The same report.
            }
        }

        return _nodes.Where(n => n.Value.Differences.Length > 0)
            .ToImmutableSortedDictionary(n => n.Key, n => n.Value.Differences.Max(), StringComparer.Ordinal);
    }

    private sealed record Seen(DateTimeOffset Clock, ImmutableArray<TimeSpan> Differences);
}
