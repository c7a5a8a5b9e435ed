using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Convergence;

/// <summary>Which replicas of a pool on one node are restarted for being unhealthy.</summary>
/// <param name="Restart">The one to restart; null for none.</param>
/// <param name="Frozen">Whether restarts are held back because too many turned unhealthy at once.</param>
public readonly record struct LivenessVerdict(AllocationId? Restart, bool Frozen);

/// <summary>
/// Restarts what runs but does not serve: one at a time, and none while more than half of the pool's replicas here turned
/// unhealthy within one window, for then the check is the suspect. Consul has counted the failed checks already.
/// </summary>
public static class Liveness
{
    /// <summary>Within this time, many replicas turning unhealthy have one cause.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(2);

    /// <summary>Consul's check is believed only after this long: the verdict on a replica's predecessor may still be on its way.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(250);

    /// <summary>Judges one pool.</summary>
    /// <param name="replicas">The pool's replicas on this node that shall run.</param>
    /// <param name="idle">Those of them that no task works on.</param>
    /// <param name="now">The time.</param>
    public static LivenessVerdict Judge(
        IReadOnlyCollection<AllocationMemory> replicas, ImmutableHashSet<AllocationId> idle, DateTimeOffset now)
    {
        var unhealthy = replicas
            .Where(r => r is { Phase: AllocationPhase.Running, ExitHeard: false, UnhealthySince: not null })
            .ToList();
        var fresh = unhealthy.Count(r => now - r.UnhealthySince < Window);
        if (fresh >= 2 && fresh * 2 > replicas.Count)
        {
            return new LivenessVerdict(null, Frozen: true);
        }

        var another = replicas.Any(r => r.Phase is AllocationPhase.Pulling or AllocationPhase.Starting || !idle.Contains(r.Id));
        var worst = another ? null : unhealthy
            .Where(r => r.Sick is not null || now - r.UnhealthySince >= Settle)
            .OrderBy(r => r.UnhealthySince).ThenBy(r => r.Id.Value, StringComparer.Ordinal)
            .FirstOrDefault();
        return new LivenessVerdict(worst?.Id, Frozen: false);
    }
}
