using Nexus.Core.Spec;
using Nexus.Core.Spec.Values;
using Nexus.Core.State;

namespace Nexus.Core.Rollouts;

/// <summary>Takes a canary from step to step.</summary>
internal static class CanarySteps
{
    private const string StillWaiting = "; it waits for more";
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(30);

    /// <summary>The replicas of the step in force are all available: its time runs from here.</summary>
    public static void Reach(RolloutPass pass, IReadOnlyCollection<GatewayReport> gateways)
    {
        var step = pass.Spec.Canary.Steps[pass.Record.Step];
        pass.Move(RolloutEvent.StepReached, $"canary step {Progress(pass)}, {Words(step)}, waits "
            + (step.Pause is { } pause ? $"for {SpecDuration.Format(pause)}" : "to be promoted"));
        pass.Set(record => record with { StepSince = pass.View.Now });
        pass.Notice("RolloutPaused", EventSeverity.Info, pass.Record.Reason);
        WaitOrTake(pass, gateways);
    }

    /// <summary>
    /// Takes the next step when this one's time is over. Where too few requests came to judge it by, it waits as long again; then
    /// what little is known decides.
    /// </summary>
    public static void WaitOrTake(RolloutPass pass, IReadOnlyCollection<GatewayReport> gateways)
    {
        var record = pass.Record;
        if (RolloutTargets.StepCount(record, pass.View) is null)
        {
            // The spec has fewer steps by now, or the pool became too small for a part of it.
            Take(pass, "no step is left");
        }
        else if (pass.Spec.Canary.Steps[record.Step].Pause is { } pause)
        {
            var until = (record.StepSince ?? record.ProgressAt) + pause;
            if (pass.View.Now < until)
            {
                pass.LookAt(until);
            }
            else if (CanaryJudge.Doubt(pass, gateways) is not { } doubt)
            {
                Take(pass, "its time is over and nothing speaks against it");
            }
            else
            {
                TakeInDoubt(pass, gateways, until + (pause < LeastPatience ? LeastPatience : pause), doubt);
            }
        }
    }

    private static void TakeInDoubt(RolloutPass pass, IReadOnlyCollection<GatewayReport> gateways, DateTimeOffset until, string doubt)
    {
        if (pass.View.Now < until)
        {
            pass.LookAt(until);
            if (!pass.Record.Reason.EndsWith(StillWaiting, StringComparison.Ordinal))
            {
                pass.Set(record => record with { Reason = $"{doubt}{StillWaiting}" });
                pass.Notice("RolloutWaits", EventSeverity.Warning, pass.Record.Reason);
            }
        }
        else if (CanaryJudge.ObjectionInDoubt(pass, gateways) is { } objection)
        {
            pass.Fail(objection, pass.Spec.AutoRollback);
        }
        else
        {
            Take(pass, $"{doubt}, and they do not speak against it");
        }
    }

    /// <summary>Takes the next step, or behind the last one rolls out the rest.</summary>
    public static void Take(RolloutPass pass, string why)
    {
        var next = pass.Record.Step + 1;
        var steps = pass.Spec.Canary.Steps.Length;
        pass.Move(RolloutEvent.StepTaken, next < steps ? $"canary step {next + 1} of {steps} follows: {why}" : $"the rest follows: {why}");
        pass.Set(record => record with { Step = next, StepSince = null });
        pass.Notice("RolloutPromoted", EventSeverity.Info, pass.Record.Reason);
    }

    private static string Progress(RolloutPass pass) => $"{pass.Record.Step + 1} of {pass.Spec.Canary.Steps.Length}";

    private static string Words(CanaryStep step) =>
        step.Count is { } count ? $"{count} replica{(count == 1 ? "" : "s")}" : $"{step.Weight} % of the requests";
}
