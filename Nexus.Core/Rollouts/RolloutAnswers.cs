using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.Rollouts.RolloutPhase;

namespace Nexus.Core.Rollouts;

/// <summary>Answers what a person asked of a rollout, once. What makes no sense now is refused with a notice, never kept for later.</summary>
internal static class RolloutAnswers
{
    public static void Answer(RolloutPass pass, RolloutRequest request, RolloutRevision asked)
    {
        var refusal = request.Verb switch
        {
            RolloutVerb.Pause => Pause(pass, request),
            RolloutVerb.Resume => Resume(pass, request, asked),
            RolloutVerb.Promote => Promote(pass, request),
            RolloutVerb.Abort => Abort(pass, request),
            RolloutVerb.Rollback => Rollback(pass, request),
            _ => $"{request.Verb} is not known",
        };
        if (refusal is not null)
        {
            pass.Notice("RolloutRequestRefused", EventSeverity.Warning, $"{request.Verb} by {By(request)} is refused: {refusal}");
        }

        pass.Set(record => record with { AnsweredRequest = request.Id });
    }

    private static string? Pause(RolloutPass pass, RolloutRequest request)
    {
        var record = pass.Record;
        if (record.HeldFrom is not null)
        {
            return "it is paused already";
        }

        if (RolloutLifecycle.Next(record.Phase, RolloutEvent.Held) is null)
        {
            return NothingUnderWay(record);
        }

        pass.Move(RolloutEvent.Held, $"paused by {By(request)}");
        pass.Set(r => r with { HeldFrom = record.Phase });
        pass.Notice("RolloutPaused", EventSeverity.Info, pass.Record.Reason);
        return null;
    }

    private static string? Resume(RolloutPass pass, RolloutRequest request, RolloutRevision asked)
    {
        var record = pass.Record;
        var why = $"resumed by {By(request)}";
        switch (record.Phase, record.HeldFrom)
        {
            case (Paused, null):
                CanarySteps.Take(pass, why);
                return null;
            case (Paused, Paused):
                pass.Set(r => r with { HeldFrom = null, Reason = why });
                break;
            case (Paused, { } held):
                pass.Move(held switch
                {
                    Switched => RolloutEvent.ReleasedToSwitch,
                    RollingBack => RolloutEvent.ReleasedToRollBack,
                    _ => RolloutEvent.ReleasedToProgress,
                }, why);
                break;
            case (Failed, _):
                pass.Begin(record.Target, record.Strategy, $"tried again, {why}");
                return null;
            case (RolledBack, _):
                pass.Begin(asked, pass.Spec.Strategy, $"tried again, {why}");
                return null;
            default:
                return record.Phase == Stable ? NothingUnderWay(record) : $"it is not paused, but {record.Phase}";
        }

        pass.Notice("RolloutResumed", EventSeverity.Info, why);
        return null;
    }

    private static string? Promote(RolloutPass pass, RolloutRequest request)
    {
        var record = pass.Record;
        var why = $"promoted by {By(request)}";
        if (record.HeldFrom is not null and not Paused)
        {
            return "it is paused; resume it first";
        }

        if (record.Phase is Progressing or Paused && RolloutTargets.StepCount(record, pass.View) is not null)
        {
            CanarySteps.Take(pass, why);
            return null;
        }

        if (record is { Phase: Switched, Step: 0 })
        {
            pass.Set(r => r with { Step = 1, Reason = $"the old set is stopped, {why}" });
            pass.Notice("RolloutPromoted", EventSeverity.Info, pass.Record.Reason);
            return null;
        }

        return record is { Phase: Progressing, Strategy: RolloutStrategy.BlueGreen }
            ? "the new set is not complete yet; it is switched as soon as it is"
            : $"there is no step to take while it is {record.Phase}";
    }

    private static string? Abort(RolloutPass pass, RolloutRequest request)
    {
        if (RolloutLifecycle.Next(pass.Record.Phase, RolloutEvent.WentBack) is null || pass.Record.HeldFrom == RollingBack)
        {
            return NothingUnderWay(pass.Record);
        }

        if (!pass.CanGoBack)
        {
            return "there is no other proven revision to go back to";
        }

        pass.Fail($"given up by {By(request)}", goBack: true);
        return null;
    }

    private static string? Rollback(RolloutPass pass, RolloutRequest request)
    {
        if (request.Revision is not { } revision)
        {
            return RolloutLifecycle.Next(pass.Record.Phase, RolloutEvent.WentBack) is not null
                ? Abort(pass, request)
                : "it says not to which revision";
        }

        var runs = RolloutTargets.Of(pass.Record, pass.View).Goal.Revision;
        if (runs == revision.Revision && pass.Record.Phase is Stable or RolledBack)
        {
            return $"revision {revision.Revision} is what runs";
        }

        pass.Begin(revision, RolloutStrategy.Rolling, $"rolled back by {By(request)}");
        pass.Set(record => record with { ManualRollbackBy = By(request) });
        return null;
    }

    private static string NothingUnderWay(RolloutRecord record) =>
        $"no rollout is under way, it is {record.Phase} at revision {record.Target.Revision}";

    private static string By(RolloutRequest request) => request.By.Length == 0 ? "someone" : request.By;
}
