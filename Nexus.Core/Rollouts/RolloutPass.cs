using Nexus.Core.Reconcile;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Rollouts;

/// <summary>A rollout while one pass moves it. Lives for one call.</summary>
internal sealed class RolloutPass(PoolView view, RolloutRecord record)
{
    private const int MaxHistory = 20;

    public PoolView View => view;

    public RolloutRecord Record { get; private set; } = record;

    public List<PlanNotice> Notices { get; } = [];

    public DateTimeOffset? LookAgainAt { get; private set; }

    /// <summary>Whether a rollout began in this pass: what failed of its target before is put away.</summary>
    public bool HasBegun { get; private set; }

    public RolloutSpec Spec => view.Pool.Rollout;

    public void Set(Func<RolloutRecord, RolloutRecord> change) => Record = change(Record);

    public void Notice(string kind, EventSeverity severity, string message) =>
        Notices.Add(new PlanNotice(kind, severity, $"{view.Name}: {message}", view.Name));

    public void LookAt(DateTimeOffset at) => LookAgainAt = LookAgainAt is { } earlier && earlier <= at ? earlier : at;

    /// <summary>Moves to the next phase by the table; a move that the table does not know is a mistake of ours.</summary>
    public void Move(RolloutEvent happened, string reason)
    {
        var next = RolloutLifecycle.Next(Record.Phase, happened)
            ?? throw new InvalidOperationException($"{happened} cannot happen to a rollout that is {Record.Phase}.");
        Record = Record with { Phase = next, Reason = reason, ProgressAt = view.Now, HeldFrom = null };
    }

    /// <summary>Begins a rollout; one that is under way ends here, and what was last proven stays that.</summary>
    public void Begin(RolloutRevision target, RolloutStrategy strategy, string reason)
    {
        if (Record.Number > 0 && Record.Phase is not (RolloutPhase.Stable or RolloutPhase.RolledBack or RolloutPhase.Failed))
        {
            End(RolloutPhase.Failed, $"{RolloutHistoryEntry.Superseded} {target.Revision}");
        }

        Move(RolloutEvent.Begun, reason);
        Record = Record with
        {
            Number = Record.Number + 1,
            Target = target,
            Strategy = Record.Stable is null ? RolloutStrategy.Rolling : strategy,
            Requested = view.Asked,
            Step = 0,
            StepSince = null,
            StartedAt = view.Now,
            BestAvailable = 0,
            Blamed = null,
            ManualRollbackBy = null,
        };
        HasBegun = true;
        Notice("RolloutStarted", EventSeverity.Info, $"revision {Name(target)} is rolled out: {reason}");
    }

    public void Complete()
    {
        if (Record.Phase == RolloutPhase.RollingBack)
        {
            Move(RolloutEvent.Completed, Record.Reason);
            End(RolloutPhase.RolledBack, Record.Reason);
            Notice("RolledBack", EventSeverity.Warning,
                $"revision {Name(Record.Stable!)} serves again in place of {Name(Record.Target)}: {Record.Reason}");
            return;
        }

        var reason = $"all {view.Desired} replicas are available";
        Move(RolloutEvent.Completed, reason);
        Record = Record with { Stable = Record.Target, StepSince = null };
        End(RolloutPhase.Stable, reason);
        var took = (view.Now - Record.StartedAt).TotalSeconds;
        Notice("RolloutCompleted", EventSeverity.Info, FormattableString.Invariant(
            $"revision {Name(Record.Target)} is rolled out after {took:0.0} s: {reason}"));
    }

    /// <summary>Gives the target up: back to what was proven, where there is such a thing and it is not the target itself.</summary>
    public void Fail(string reason, bool goBack)
    {
        var back = goBack && CanGoBack;
        Notice("RolloutFailed", EventSeverity.Error, $"revision {Name(Record.Target)} failed: {reason}; " + (back
            ? $"going back to {Name(Record.Stable!)}"
            : CanGoBack ? "left as it is, for auto_rollback is off"
            : "there is no proven revision to go back to, so its restarts go on"));
        Move(back ? RolloutEvent.WentBack : RolloutEvent.GaveUp, reason);
        if (!back)
        {
            End(RolloutPhase.Failed, reason);
        }
    }

    /// <summary>Gives the reason of a failure in full; nothing else changes by it.</summary>
    public void Explain(string reason)
    {
        Notice("RolloutExplained", EventSeverity.Warning, $"revision {Name(Record.Target)} failed, as is known now: {reason}");
        Record = Record with
        {
            Blamed = null,
            Reason = reason,
            History = [.. Record.History.Select(entry => entry.Number == Record.Number && entry.Reason == Record.Reason ? entry with { Reason = reason } : entry)],
        };
    }

    public bool CanGoBack => Record.Stable is { } stable && stable.Revision != Record.Target.Revision;

    public static string Name(RolloutRevision revision) =>
        revision.Template.Image.Length == 0 ? revision.Revision.Value : $"{revision.Revision} ({revision.Template.Image})";

    private void End(RolloutPhase outcome, string reason)
    {
        var entry = new RolloutHistoryEntry(
            Record.Number, Record.Target.Revision, Record.Target.SpecRevision, Record.Target.Template.Image, Record.StartedAt,
            view.Now, outcome, reason)
        {
            ManualRollbackBy = Record.ManualRollbackBy,
            AppliedBy = Record.Target.AppliedBy,
        };
        // One that failed and then served after all ends twice; the last word counts.
        Record = Record with
        {
            History = [entry, .. Record.History.Where(e => e.Number != entry.Number).Take(MaxHistory - 1)],
        };
    }
}
