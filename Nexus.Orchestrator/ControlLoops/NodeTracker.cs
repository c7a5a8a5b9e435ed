using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>What is thought of the nodes after a look.</summary>
/// <param name="Statuses">Status of every node, by name.</param>
/// <param name="NextChange">When silence alone may next change one; null while none is silent.</param>
/// <param name="Forgotten">Lost nodes that are to be forgotten: away for long, or removed by a person.</param>
internal sealed record NodeJudgement(
    IReadOnlyDictionary<string, NodeStatus> Statuses, TimeSpan? NextChange, ImmutableArray<NodeName> Forgotten);

/// <summary>
/// Remembers, by the monotonic clock, since when each node is silent. Starts knowing nothing: a new leader concludes
/// nothing from silence before it has lasted <see cref="OrchestratorOptions.NodeLostAfter"/> under its own eyes, and time
/// in which it did not look does not count.
/// </summary>
internal sealed class NodeTracker(IOptions<OrchestratorOptions> options, TimeProvider time)
{
    private readonly Dictionary<string, Entry> _nodes = new(StringComparer.Ordinal);
    private long? _lastLook;

    /// <summary>What is remembered of one node.</summary>
    /// <param name="Status">By <see cref="NodeLiveness"/> alone.</param>
    /// <param name="SilentSince">Since when neither its agent nor a gateway speaks for it.</param>
    /// <param name="AwaySince">Since when its agent does not.</param>
    private sealed record Entry(NodeStatus Status, long? SilentSince, long? AwaySince);

    /// <summary>Begins anew, as a new leader does.</summary>
    public void Reset() => _nodes.Clear();

    /// <summary>Judges every node of the snapshot.</summary>
    /// <param name="snapshot">What is known; the statuses in it are not looked at.</param>
    /// <param name="answering">Nodes whose agent answers.</param>
    public NodeJudgement Look(ClusterSnapshot snapshot, IReadOnlySet<string> answering)
    {
        ForgiveUnlooked();
        var reached = snapshot.Gateways.Values.SelectMany(g => g.Nodes).Where(n => n.Reachable)
            .Select(n => n.Node.Value).ToHashSet(StringComparer.Ordinal);
        var statuses = new Dictionary<string, NodeStatus>(StringComparer.Ordinal);
        var forgotten = ImmutableArray.CreateBuilder<NodeName>();
        TimeSpan? nextChange = null;
        foreach (var (name, node) in snapshot.Nodes)
        {
            var before = _nodes.GetValueOrDefault(name) ?? new Entry(NodeStatus.Unknown, null, null);
            var after = answering.Contains(name) ? new Entry(NodeLiveness.Next(before.Status, NodeEvidence.Answers), null, null)
                : reached.Contains(name) ? Reached(before)
                : Silent(before, ref nextChange);
            _nodes[name] = after;
            var eligibility = snapshot.Eligibility.GetValueOrDefault(name);
            statuses[name] = NodeLiveness.WithDoubts(
                NodeLiveness.WithEligibility(after.Status, eligibility, snapshot.Assignments.GetValueOrDefault(name)), node.Doubts);
            if (IsForgotten(after, eligibility))
            {
                forgotten.Add(new NodeName(name));
            }
        }

        foreach (var gone in _nodes.Keys.Where(n => !statuses.ContainsKey(n)).ToList())
        {
            _nodes.Remove(gone);
        }

        return new NodeJudgement(statuses, nextChange, forgotten.ToImmutable());
    }

    // While this manager was stopped, or Consul was away from it, nodes may have answered unseen.
    private void ForgiveUnlooked()
    {
        var now = time.GetTimestamp();
        if (_lastLook is { } last && time.GetElapsedTime(last, now) > options.Value.NodeLostAfter)
        {
            foreach (var (name, entry) in _nodes.Where(n => n.Value.SilentSince is not null).ToList())
            {
                _nodes[name] = entry with { SilentSince = now };
            }
        }

        _lastLook = now;
    }

    private Entry Reached(Entry before) => new(
        NodeLiveness.Next(before.Status, NodeEvidence.SilentButReached), null, before.AwaySince ?? time.GetTimestamp());

    private Entry Silent(Entry before, ref TimeSpan? nextChange)
    {
        var since = before.SilentSince ?? time.GetTimestamp();
        var away = before.AwaySince ?? since;
        var left = options.Value.NodeLostAfter - time.GetElapsedTime(since);
        if (left <= TimeSpan.Zero)
        {
            return new Entry(NodeLiveness.Next(before.Status, NodeEvidence.SilentTooLong), since, away);
        }

        // Looked at twice meanwhile at least, so that the wait itself never passes for not having looked.
        var wait = left < options.Value.NodeLostAfter / 2 ? left : options.Value.NodeLostAfter / 2;
        nextChange = nextChange is { } earlier && earlier < wait ? earlier : wait;
        return new Entry(NodeLiveness.Next(before.Status, NodeEvidence.Silent), since, away);
    }

    private bool IsForgotten(Entry entry, NodeEligibility? eligibility)
    {
        if (entry is not { Status: NodeStatus.Lost, AwaySince: { } since })
        {
            return false;
        }

        var away = time.GetElapsedTime(since);
        return away >= options.Value.NodeForgottenAfter
            || (eligibility is { Forget: true } wish && wish.At >= time.GetUtcNow() - away);
    }
}
