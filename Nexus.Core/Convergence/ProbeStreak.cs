using Nexus.Core.Spec;

namespace Nexus.Core.Convergence;

/// <summary>Counts the results of probes; the verdict turns after enough results against it in a row.</summary>
/// <param name="Passing">The verdict.</param>
/// <param name="Against">Results against it in a row.</param>
public readonly record struct ProbeStreak(bool Passing, int Against)
{
    /// <summary>One result more.</summary>
    public ProbeStreak After(bool good, HealthSpec health)
    {
        ArgumentNullException.ThrowIfNull(health);
        if (good == Passing)
        {
            return this with { Against = 0 };
        }

        return Against + 1 >= (Passing ? health.UnhealthyThreshold : health.HealthyThreshold)
            ? new ProbeStreak(!Passing, 0)
            : this with { Against = Against + 1 };
    }
}
