using Nexus.Core.Reconcile;
using Nexus.Core.State;

namespace Nexus.Core.Rollouts;

/// <summary>
/// Begins a pool's record again when the old one cannot be read and nobody remembers it: from what runs. Which revision was
/// proven, and whether the one that the spec asks for was given up, is not known then, so what runs is kept.
/// </summary>
internal static class RolloutRecovery
{
    public static RolloutPass Rebuild(PoolView view, RolloutRequest? request, string problem)
    {
        var asked = new RolloutRevision(view.Asked, view.Pool.Template, view.SpecRevision);
        var others = view.Members.Where(m => m is { Runs: true, Template: not null } && m.Revision != view.Asked)
            .GroupBy(m => m.Revision)
            .OrderByDescending(g => g.Count(view.IsAvailable)).ThenByDescending(g => g.Count()).ThenBy(g => g.Key.Value, StringComparer.Ordinal)
            .Select(g => new RolloutRevision(g.Key, g.First().Template!, 0))
            .ToList();
        var isWhole = others.Count == 0 && view.Members.Any(m => m.Runs && m.Revision == view.Asked);
        var pass = new RolloutPass(view, new RolloutRecord
        {
            Pool = view.Name,
            Number = 1,
            Phase = isWhole ? RolloutPhase.Stable : RolloutPhase.Paused,
            HeldFrom = isWhole ? null : RolloutPhase.Progressing,
            Target = asked,
            Requested = view.Asked,
            Stable = isWhole ? asked : others.FirstOrDefault(),
            StartedAt = view.Now,
            ProgressAt = view.Now,
            AnsweredRequest = request?.Id,
            Reason = isWhole
                ? $"the rollout record {problem} and was begun again from what runs: {asked.Revision}"
                : $"the rollout record {problem}: what runs is kept, and the rollout of {asked.Revision} waits for 'nexus rollout resume {view.Name}' or 'nexus rollout abort {view.Name}'",
        });
        pass.Notice("RolloutRecordRebuilt", EventSeverity.Error,
            $"{pass.Record.Reason}. Its history and its proven revision are lost");
        return pass;
    }
}
