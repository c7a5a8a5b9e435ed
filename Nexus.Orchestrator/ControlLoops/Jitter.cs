namespace Nexus.Orchestrator.ControlLoops;

/// <summary>Spreads timers, so that managers started together do not ask together.</summary>
/// <param name="chance">Gives numbers from 0 to below 1.</param>
internal sealed class Jitter(Func<double> chance)
{
    private static readonly TimeSpan Exact = TimeSpan.FromSeconds(2);

    /// <summary>The same for short waits, which someone is waiting for; up to a fifth more for long ones.</summary>
    public TimeSpan Around(TimeSpan wait) => wait <= Exact ? wait : wait + (wait * 0.2 * chance());
}
