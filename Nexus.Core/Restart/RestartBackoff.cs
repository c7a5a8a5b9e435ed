using Nexus.Core.Spec;

namespace Nexus.Core.Restart;

/// <summary>What a failure is answered with.</summary>
/// <param name="Failures">Failures in a row, this one included.</param>
/// <param name="Delay">How long to wait before the next try; zero for at once.</param>
public readonly record struct RestartDecision(int Failures, TimeSpan Delay);

/// <summary>
/// How long a failed allocation waits: the first restart of one that served is immediate, of one that never did nearly so; the next
/// waits <see cref="RestartSpec.InitialDelay"/>, then twice as long each time up to <see cref="RestartSpec.MaxDelay"/>.
/// </summary>
public static class RestartBackoff
{
    /// <summary>Share of a delay that chance may take off, so that replicas that fell together do not rise together.</summary>
    public const double Jitter = 0.1;

    /// <summary>
    /// How long the first restart waits of what never served: nobody misses it, it is likely to fail again, and a busy engine that is
    /// asked for it holds up the other replicas whose first try a rollout waits for. What an agent no longer remembers, for it began
    /// anew meanwhile, counts as never having served.
    /// </summary>
    public static readonly TimeSpan UnprovenDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>Answers the end of a workload, or a start that failed.</summary>
    /// <param name="spec">The pool's restart rule.</param>
    /// <param name="failures">Failures in a row before this one.</param>
    /// <param name="healthyFor">How long it had been healthy without a break; null when it never was.</param>
    /// <param name="chance">A number in [0, 1).</param>
    public static RestartDecision AfterFailure(RestartSpec spec, int failures, TimeSpan? healthyFor, double chance)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var count = healthyFor >= spec.ResetAfter ? 1 : failures + 1;
        return new RestartDecision(count, count > 1 ? Delay(spec, count - 2, chance) : healthyFor is null ? Shorter(UnprovenDelay, spec.MaxDelay) : TimeSpan.Zero);
    }

    /// <summary>Answers a pull that failed: never at once, a registry that refused does not change its mind that soon.</summary>
    /// <param name="spec">The pool's restart rule.</param>
    /// <param name="failures">Failures in a row before this one.</param>
    /// <param name="chance">A number in [0, 1).</param>
    public static RestartDecision AfterPullFailure(RestartSpec spec, int failures, double chance)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new RestartDecision(failures + 1, Delay(spec, failures, chance));
    }

    private static TimeSpan Delay(RestartSpec spec, int doublings, double chance)
    {
        // Past 2^30 every sensible MaxDelay is reached; the bound keeps the power finite.
        var delay = spec.InitialDelay * Math.Pow(2, Math.Min(doublings, 30));
        return Shorter(delay, spec.MaxDelay) * (1 - (Jitter * chance));
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
