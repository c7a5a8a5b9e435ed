using Nexus.Api.State;
using Nexus.Core.Convergence;
using Nexus.Core.State;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Reports;

namespace Nexus.WorkerAgent.Assignments;

/// <summary>An assignment and whether Consul has confirmed it since the agent started.</summary>
/// <param name="Assignment">The assignment; null before the first.</param>
/// <param name="Confirmed">Whether Consul showed it.</param>
/// <param name="Traceparent">The trace in which the leader wrote it; null when that is not known.</param>
/// <param name="Refused">The one that stands in Consul instead, while it is refused as not later than this; else null.</param>
internal sealed record HeldAssignment(
    NodeAssignment? Assignment, bool Confirmed, string? Traceparent = null, AssignmentMark? Refused = null);

/// <summary>Holds the assignment acted on, behind the fence that keeps deposed leaders out.</summary>
internal sealed partial class AssignmentHolder(
    AgentIdentity identity, AssignmentFile file, StoreBoard store, EventJournal events, WakeSignal wake, ILogger<AssignmentHolder> logger)
{
    private readonly Lock _gate = new();
    private HeldAssignment _held = new(null, Confirmed: false);
    private bool _loaded;
    private (FenceVerdict, string?, ulong, ulong)? _lastRefusal;
    private string? _lastUnreadable;

    /// <summary>What is held.</summary>
    public HeldAssignment Current => Volatile.Read(ref _held);

    /// <summary>
    /// What is held, while Consul shows no assignment that follows it: its data was lost, or is another store's. Null while all is as
    /// it should be.
    /// </summary>
    public NodeAssignment? Kept => Current.Assignment is { } held && store.HasLost(held) ? held : null;

    /// <summary>Whether Consul is that of a cluster of another name than what is held here: nothing of it is shown there.</summary>
    public bool IsOfOtherCluster => Current.Assignment is { } held && store.IsOfOtherCluster(held);

    /// <summary>Takes up what was kept on disk; happens by itself before the first judgement.</summary>
    public void Load()
    {
        lock (_gate)
        {
            EnsureLoaded();
        }
    }

    /// <summary>Tries again to keep on disk what could not be kept when it came.</summary>
    public void CatchUpOnDisk()
    {
        lock (_gate)
        {
            if (file.IsBehind && _held is { Confirmed: true, Assignment: { } assignment })
            {
                Save(assignment);
            }
        }
    }

    /// <summary>Shows what stands in Consul; null when it cannot be read, which changes nothing.</summary>
    public FenceVerdict? Offer(string key, ReadOnlyMemory<byte> document)
    {
        var reading = StateRecords.Read(key, document, StateJson.Default.NodeAssignment);
        if (reading.Value is not { } shown)
        {
            TellUnreadable(key, reading.Reason!);
            return null;
        }

        _lastUnreadable = null;

        var verdict = Judge(shown, TraceContext.Of(document));
        wake.Set();
        return verdict;
    }

    private FenceVerdict Judge(NodeAssignment shown, string? traceparent)
    {
        lock (_gate)
        {
            // Whoever comes first after a start, the fence knows the highest epoch this node has ever accepted.
            EnsureLoaded();
            var verdict = AssignmentFence.Judge(identity.Node, _held.Assignment, shown);
            switch (verdict)
            {
                case FenceVerdict.Accepted:
                    shown = AssignmentFence.Complete(_held.Assignment, shown);
                    Save(shown);
                    Volatile.Write(ref _held, new HeldAssignment(shown, Confirmed: true, traceparent));
                    LogAccepted(shown.Epoch, shown.Generation, shown.Allocations.Length);
                    break;
                case FenceVerdict.Unchanged:
                    Volatile.Write(ref _held, _held with { Confirmed = true, Refused = null });
                    break;
                case FenceVerdict.LowerEpoch or FenceVerdict.OlderGeneration or FenceVerdict.SameGeneration:
                    // The leader learns of it by the next report, and writes one that is later.
                    Volatile.Write(ref _held, _held with { Refused = shown.Mark });
                    Refuse(verdict, shown);
                    break;
                default:
                    Refuse(verdict, shown);
                    break;
            }

            return verdict;
        }
    }

    private void Save(NodeAssignment assignment)
    {
        var was = file.Problem;
        file.TrySave(assignment);
        if (was is null && file.Problem is { } problem)
        {
            events.Publish(EventKinds.StateUnwritable, EventSeverity.Error, $"Node {identity.Node}: {problem}");
        }
        else if (was is not null && file.Problem is null)
        {
            events.Publish(EventKinds.StateWritable, EventSeverity.Info, $"Node {identity.Node} can write its state directory again.");
        }
    }

    private void EnsureLoaded()
    {
        if (_loaded)
        {
            return;
        }

        _loaded = true;
        if (file.Load() is { } kept && kept.Node == identity.Node)
        {
            Volatile.Write(ref _held, new HeldAssignment(kept, Confirmed: false));
            LogLoaded(kept.Epoch, kept.Generation, kept.Allocations.Length);
        }
    }

    private void TellUnreadable(string key, string reason)
    {
        if (_lastUnreadable == reason)
        {
            return;
        }

        _lastUnreadable = reason;
        LogUnreadable($"{key}: {reason}");
        events.Publish(EventKinds.AssignmentRefused, EventSeverity.Error,
            $"Node {identity.Node} cannot read its assignment {key} and keeps the one it has: {reason}");
    }

    private void Refuse(FenceVerdict verdict, NodeAssignment shown)
    {
        var refusal = (verdict, shown.Store, shown.Epoch, shown.Generation);
        if (_lastRefusal == refusal)
        {
            return;
        }

        _lastRefusal = refusal;
        var reason = verdict switch
        {
            FenceVerdict.OtherStore =>
                $"it is of the store {shown.Store}, the one held of {_held.Assignment!.Store ?? "none"}, and it leaves out "
                + $"{string.Join(", ", shown.LeavesOut(_held.Assignment))}, which keeps running and is reported to the leader",
            FenceVerdict.LowerEpoch =>
                $"its epoch {shown.Epoch} is below {_held.Assignment!.Epoch}, the highest seen: a deposed leader wrote it",
            FenceVerdict.OlderGeneration =>
                $"its generation {shown.Generation} is below {_held.Assignment!.Generation} of the same epoch {shown.Epoch}",
            FenceVerdict.SameGeneration =>
                $"it differs from the one held, of the same epoch {shown.Epoch} and generation {shown.Generation}",
            FenceVerdict.OtherNode => $"it is for node '{shown.Node}', this is '{identity.Node}'",
            _ => "it does not hold together: an allocation stands twice, or lacks its template",
        };
        LogRefused(reason);
        events.Publish(EventKinds.AssignmentRefused, EventSeverity.Error, $"Node {identity.Node} refused its assignment: {reason}.");
    }

    [LoggerMessage(5013, LogLevel.Information, "Starting from the assignment on disk: epoch {Epoch}, generation {Generation}, {Count} allocations")]
    private partial void LogLoaded(ulong epoch, ulong generation, int count);

    [LoggerMessage(5014, LogLevel.Information, "New assignment: epoch {Epoch}, generation {Generation}, {Count} allocations")]
    private partial void LogAccepted(ulong epoch, ulong generation, int count);

    [LoggerMessage(5015, LogLevel.Error, "Assignment refused: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(5016, LogLevel.Error, "Assignment cannot be read; the one held stays in force: {Reason}")]
    private partial void LogUnreadable(string reason);
}
