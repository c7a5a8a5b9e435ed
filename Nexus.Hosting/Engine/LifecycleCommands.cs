using Aspire.Hosting.ApplicationModel;

namespace Nexus.Hosting.Engine;

/// <summary>Start, stop and restart, which every resource has that the engine launches.</summary>
internal static class LifecycleCommands
{
    private static readonly string[] Coming = [KnownResourceStates.Starting, KnownResourceStates.Waiting];

    public static void Add(ResourceRunner runner)
    {
        // First, in this order; what the AppHost declared under the same name wins.
        ResourceCommandAnnotation[] commands =
        [
            Of(KnownResourceCommands.StartCommand, "Start", "Play", CanStart, runner.StartAsync),
            Of(KnownResourceCommands.StopCommand, "Stop", "Stop", CanStop, runner.StopAsync),
            Of(KnownResourceCommands.RestartCommand, "Restart", "ArrowCounterclockwise", CanRestart, async token =>
            {
                await runner.StopAsync(token);
                await runner.StartAsync(token);
            }),
        ];
        var annotations = runner.Resource.Annotations;
        var declared = annotations.OfType<ResourceCommandAnnotation>().Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (at, command) in commands.Where(c => !declared.Contains(c.Name)).Index())
        {
            annotations.Insert(at, command);
        }
    }

    private static ResourceCommandAnnotation Of(
        string name, string title, string icon, Func<string?, ResourceCommandState> state, Func<CancellationToken, Task> act) =>
        new(name, title, context => state(context.ResourceSnapshot.State?.Text),
            async context =>
            {
                await act(context.CancellationToken);
                return CommandResults.Success();
            },
            $"{title}s the resource.", null, null, icon, IconVariant.Filled, isHighlighted: true);

    private static ResourceCommandState CanStart(string? state) =>
        IsStopped(state) ? ResourceCommandState.Enabled : Coming.Contains(state) ? ResourceCommandState.Disabled : ResourceCommandState.Hidden;

    private static ResourceCommandState CanStop(string? state) =>
        state == KnownResourceStates.Stopping ? ResourceCommandState.Disabled
        : IsStopped(state) ? ResourceCommandState.Hidden : ResourceCommandState.Enabled;

    private static ResourceCommandState CanRestart(string? state) =>
        state == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;

    private static bool IsStopped(string? state) => state is null || state == KnownResourceStates.NotStarted
        || KnownResourceStates.TerminalStates.Contains(state);
}
