using Nexus.Core.Rollouts;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>Whether so many replicas of a pool fail their checks at once that the check is the suspect. Said once.</summary>
internal static class Brake
{
    public static bool Judge(PoolView view, RolloutPass rollout)
    {
        var (all, unhealthy, healthy) = (0, 0, 0);
        foreach (var member in view.Members)
        {
            all += member.Runs ? 1 : 0;
            healthy += member is { Runs: true, IsHealthy: true } ? 1 : 0;
            unhealthy += member is { Runs: true, IsReturning: false, Observed: { Phase: AllocationPhase.Running, Healthy: false } } ? 1 : 0;
        }

        var isOn = unhealthy > 1 && unhealthy * 2 > all;
        if (isOn && rollout.Record.FrozenSince is null)
        {
            rollout.Set(record => record with { FrozenSince = view.Now });
            rollout.Notice("PoolFrozen", EventSeverity.Error,
                $"{unhealthy} of {all} replicas run and fail their checks at once: the check is the suspect, so none is moved or exchanged for it");
        }
        else if (!isOn && rollout.Record.FrozenSince is not null)
        {
            rollout.Set(record => record with { FrozenSince = null });
            rollout.Notice("PoolThawed", EventSeverity.Info, unhealthy == 0 && healthy < all
                ? $"no replica runs and fails its check any more; {healthy} of {all} pass, the others ended or are starting"
                : $"{healthy} of {all} replicas pass their checks again");
        }

        return isOn;
    }
}
