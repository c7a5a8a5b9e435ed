using Microsoft.Extensions.Options;
using Nexus.Core.State;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>
/// Remembers, by the monotonic clock, since when each node is silent. Starts knowing nothing: a new manager concludes
/// nothing from silence before it has lasted <see cref="OrchestratorOptions.NodeLostAfter"/> under its own eyes.
/// </summary>
internal sealed class NodeTracker(IOptions<OrchestratorOptions> options, TimeProvider time)
{
    private readonly Dictionary<string, Entry> _nodes = new(StringComparer.Ordinal);

    private sealed record Entry(NodeStatus Status, long? SilentSince);

    /// <summary>The status of every named node after this look, and when silence alone will next change one.</summary>
    public (IReadOnlyDictionary<string, NodeStatus> Statuses, TimeSpan? NextChange) Look(
        IEnumerable<string> nodes, IReadOnlySet<string> answering)
    {
        var statuses = new Dictionary<string, NodeStatus>(StringComparer.Ordinal);
        TimeSpan? nextChange = null;
        foreach (var node in nodes)
        {
            var before = _nodes.GetValueOrDefault(node) ?? new Entry(NodeStatus.Unknown, null);
            var after = answering.Contains(node)
                ? new Entry(NodeLiveness.Next(before.Status, NodeEvidence.Answers), null)
                : Silent(before, ref nextChange);
            statuses[node] = after.Status;
            _nodes[node] = after;
        }

        foreach (var gone in _nodes.Keys.Where(n => !statuses.ContainsKey(n)).ToList())
        {
            _nodes.Remove(gone);
        }

        return (statuses, nextChange);
    }

    private Entry Silent(Entry before, ref TimeSpan? nextChange)
    {
        var since = before.SilentSince ?? time.GetTimestamp();
        var left = options.Value.NodeLostAfter - time.GetElapsedTime(since);
        if (left <= TimeSpan.Zero)
        {
            return new Entry(NodeLiveness.Next(before.Status, NodeEvidence.SilentTooLong), since);
        }

        nextChange = nextChange is { } earlier && earlier < left ? earlier : left;
        return new Entry(NodeLiveness.Next(before.Status, NodeEvidence.Silent), since);
    }
}
