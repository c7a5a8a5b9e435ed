using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Values;
using Nexus.Core.State;

namespace Nexus.Core.Rollouts;

/// <summary>
/// Moves the rollout of one pool: its record, what is seen and what people ask in, the next record out. Everything is in the
/// record, so any leader goes on where another stopped.
/// </summary>
internal static class RolloutDecision
{
    public static RolloutPass Compute(
        PoolView view, RolloutRecord? before, RolloutRequest? request, IReadOnlyCollection<GatewayReport> gateways, Acknowledgements known,
        string? lost = null)
    {
        if (lost is not null && before is null && view.Members.Any(m => m.Runs))
        {
            return RolloutRecovery.Rebuild(view, request, lost);
        }

        if (before is null)
        {
            var first = new RolloutPass(view, FirstRecord(view));
            first.Begin(first.Record.Target, view.Pool.Rollout.Strategy, $"spec {view.SpecRevision} asks for it");
            first.Set(record => record with { Weights = RolloutWeights.Of(record, view) });
            if (lost is not null)
            {
                first.Notice("RolloutRecordRebuilt", EventSeverity.Error, $"the rollout record {lost}; its history is lost");
            }

            return first;
        }

        var pass = new RolloutPass(view, before);
        if (lost is not null)
        {
            pass.Notice("RolloutRecordRestored", EventSeverity.Warning, $"its rollout record {lost} and is written again as it was last known");
        }

        var asked = new RolloutRevision(view.Asked, view.Pool.Template, view.SpecRevision) { AppliedBy = view.AppliedBy };
        if (before.Requested != view.Asked)
        {
            pass.Begin(asked, view.Pool.Rollout.Strategy, $"spec {view.SpecRevision} asks for it");
        }

        if (request is not null && request.Id != before.AnsweredRequest)
        {
            RolloutAnswers.Answer(pass, request, asked);
        }
        else if (!pass.HasBegun)
        {
            Proceed(pass, gateways, known);
        }

        var weights = RolloutWeights.Of(pass.Record, view);
        if (!weights.SequenceEqual(pass.Record.Weights))
        {
            pass.Set(record => record with { Weights = weights });
        }

        return pass;
    }

    /// <summary>A pool that ran before there was a record of its rollouts: what serves now is taken for proven.</summary>
    private static RolloutRecord FirstRecord(PoolView view) => new()
    {
        Pool = view.Name,
        Target = new RolloutRevision(view.Asked, view.Pool.Template, view.SpecRevision) { AppliedBy = view.AppliedBy },
        Requested = view.Asked,
        Stable = view.Members
            .Where(m => m is { Runs: true, Template: not null } && m.Revision != view.Asked && view.IsAvailable(m))
            .GroupBy(m => m.Revision)
            .OrderByDescending(g => g.Count()).ThenBy(g => g.Key.Value, StringComparer.Ordinal)
            .Select(g => new RolloutRevision(g.Key, g.First().Template!, 0))
            .FirstOrDefault(),
    };

    private static void Proceed(RolloutPass pass, IReadOnlyCollection<GatewayReport> gateways, Acknowledgements known)
    {
        if (pass.Record.Blamed is { } blamed)
        {
            HearLastWords(pass, blamed);
        }

        switch (pass.Record.Phase)
        {
            case RolloutPhase.Progressing:
                Progress(pass, gateways, known);
                break;
            case RolloutPhase.Paused:
                Pause(pass, gateways);
                break;
            case RolloutPhase.Switched:
                KeepOld(pass);
                break;
            case RolloutPhase.RollingBack when pass.View.IsAllOf(pass.Record.Stable!.Revision):
            case RolloutPhase.Failed when pass.View.IsAllOf(pass.Record.Target.Revision):
                pass.Complete();
                break;
            default:
                break;
        }
    }

    private static void Progress(RolloutPass pass, IReadOnlyCollection<GatewayReport> gateways, Acknowledgements known)
    {
        var view = pass.View;
        var target = pass.Record.Target.Revision;
        var available = view.Available(target);
        if (available > pass.Record.BestAvailable)
        {
            pass.Set(record => record with { BestAvailable = available, ProgressAt = view.Now });
        }

        if (Hopeless(pass) is { } hopeless)
        {
            pass.Fail(RolloutFailures.Describe(hopeless), pass.Spec.AutoRollback);
            pass.Set(record => record with { Blamed = hopeless.Observed is { ExitCode: null, LastLogs.Length: 0 } ? hopeless.Id : null });
        }
        else if (CanaryJudge.Objection(pass, gateways) is { } objection)
        {
            pass.Fail(objection, pass.Spec.AutoRollback);
        }
        else if (RolloutTargets.StepCount(pass.Record, view) is { } step && available >= step)
        {
            CanarySteps.Reach(pass, gateways);
        }
        else if (IsSetComplete(pass, available))
        {
            pass.Move(RolloutEvent.SetSwitched, "all requests go to the new set; the old one is kept for a while");
            pass.Notice("RolloutSwitched", EventSeverity.Info,
                $"all requests go to revision {RolloutPass.Name(pass.Record.Target)}; the old set is kept for {SpecDuration.Format(pass.Spec.KeepOld)}");
            KeepOld(pass);
        }
        else if (RolloutTargets.StepCount(pass.Record, view) is null && view.IsAllOf(target))
        {
            pass.Complete();
        }
        else if (view.Members.Any(m => m is { IsReturning: true, IsLost: false }))
        {
            // How they fare is not known at present: no failure is concluded from that.
        }
        else if (view.Now - pass.Record.ProgressAt >= pass.Spec.ProgressDeadline)
        {
            pass.Fail(RolloutFailures.DescribeStall(pass, known), pass.Spec.AutoRollback);
        }
        else
        {
            pass.LookAt(pass.Record.ProgressAt + pass.Spec.ProgressDeadline);
        }
    }

    private static Member? Hopeless(RolloutPass pass)
    {
        if (pass.Record.BestAvailable > 0)
        {
            return null;
        }

        // One that crashes soon after its first good check counts too, whatever it looks like at this moment.
        var failed = pass.View.Members
            .Where(m => m is { Runs: true, Observed.Failures: > 0 } && m.Revision == pass.Record.Target.Revision)
            .OrderByDescending(m => m.Observed!.LastLogs.Length > 0) // The words of its end come a moment after the end.
            .ThenByDescending(m => m.Observed!.Failures).ThenBy(m => m.Id.Value, StringComparer.Ordinal)
            .ToList();
        return failed.Sum(m => m.Observed!.Failures) > pass.Spec.MaxFailures ? failed[0] : null;
    }

    private static void HearLastWords(RolloutPass pass, AllocationId blamed)
    {
        var member = pass.View.Members.FirstOrDefault(m => m.Id == blamed);
        if (member?.Observed is null || pass.Record.Phase is not (RolloutPhase.RollingBack or RolloutPhase.RolledBack or RolloutPhase.Failed))
        {
            pass.Set(record => record with { Blamed = null }); // It is gone, and what it had to say with it; or nobody asks any more.
        }
        else if (RolloutFailures.DescribeEnd(member) is { } reason)
        {
            pass.Explain(reason);
        }
    }

    private static bool IsSetComplete(RolloutPass pass, int available) =>
        pass.Record.Strategy == RolloutStrategy.BlueGreen && pass.CanGoBack
        && available > 0 && available >= pass.View.Desired - pass.View.Waiting
        && pass.View.Running(pass.Record.Stable!.Revision) > 0;

    private static void Pause(RolloutPass pass, IReadOnlyCollection<GatewayReport> gateways)
    {
        if (CanaryJudge.Objection(pass, gateways) is { } objection)
        {
            pass.Fail(objection, pass.Spec.AutoRollback);
        }
        else if (pass.Record.HeldFrom is null)
        {
            CanarySteps.WaitOrTake(pass, gateways);
        }
    }

    private static void KeepOld(RolloutPass pass)
    {
        var until = pass.Record.ProgressAt + pass.Spec.KeepOld;
        if (pass.Record.Step == 0 && pass.View.Now >= until)
        {
            pass.Set(record => record with { Step = 1, Reason = "the old set is stopped" });
        }

        if (pass.Record.Step == 0)
        {
            pass.LookAt(until);
        }
        else if (pass.View.IsAllOf(pass.Record.Target.Revision)
            && pass.View.Members.All(m => m.IsLost || m.Assignment.Desired == DesiredStatus.Standby || m.Revision == pass.Record.Target.Revision))
        {
            // Shares hold until the old ones are gone, or they would get requests again while they drain. Those that stand by
            // get none, and are exchanged once the rollout has ended.
            pass.Complete();
        }
    }
}
