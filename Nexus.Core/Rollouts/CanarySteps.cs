using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Rollouts;

/// <summary>Takes a canary from step to step.</summary>
internal static class CanarySteps
{
    /// <summary>The replicas of the step in force are all available: its time runs from here.</summary>
    public static void Reach(RolloutPass pass)
    {
        var step = pass.Spec.Canary.Steps[pass.Record.Step];
        pass.Move(RolloutEvent.StepReached, $"canary step {Progress(pass)}, {Words(step)}, waits "
            + (step.Pause is { } pause ? $"for {pause}" : "to be promoted"));
        pass.Set(record => record with { StepSince = pass.View.Now });
        pass.Notice("RolloutPaused", EventSeverity.Info, pass.Record.Reason);
        WaitOrTake(pass);
    }

    /// <summary>Takes the next step when this one's time is over.</summary>
    public static void WaitOrTake(RolloutPass pass)
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
            if (pass.View.Now >= until)
            {
                Take(pass, "its time is over and nothing speaks against it");
            }
            else
            {
                pass.LookAt(until);
            }
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
