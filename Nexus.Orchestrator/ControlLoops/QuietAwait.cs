using System.Runtime.CompilerServices;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>Awaiting what may end by cancellation, where the loop's own condition says what follows.</summary>
internal static class QuietAwait
{
    /// <summary>
    /// Waits for the end, however it comes. Goes on in the caller's context: where there is one, a simulation decides by it
    /// what runs next.
    /// </summary>
    public static ConfiguredTaskAwaitable Quietly(this Task task) => task.ConfigureAwait(
        ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}
