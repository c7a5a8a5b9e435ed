namespace Nexus.Orchestrator.ControlLoops;

/// <summary>All chance of a manager comes from here, so that a simulation can decide it.</summary>
/// <param name="chance">Gives numbers from 0 to below 1; never asked by two at once.</param>
internal sealed class Jitter(Func<double> chance)
{
    private static readonly TimeSpan Exact = TimeSpan.FromSeconds(2);
    private readonly Lock _lock = new();

    /// <summary>
    /// Spreads timers, so that managers started together do not ask together: the same for short waits, which someone is
    /// waiting for; up to a fifth more for long ones.
    /// </summary>
    public TimeSpan Around(TimeSpan wait) => wait <= Exact ? wait : wait + (wait * 0.2 * Next());

    /// <summary>Fills ids with chance.</summary>
    public void Fill(Span<byte> bytes)
    {
        foreach (ref var b in bytes)
        {
            b = (byte)(Next() * 256);
        }
    }

    private double Next()
    {
        lock (_lock)
        {
            return chance();
        }
    }
}
