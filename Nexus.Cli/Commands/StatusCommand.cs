using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus status</c>: the cluster at a glance, once or until interrupted.</summary>
internal sealed class StatusCommand(CommandContext context)
{
    /// <summary>Between two looks of <c>--watch</c>.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public static Command Describe(CommandRunner runner)
    {
        var watch = new Option<bool>("--watch", "-w") { Description = "Refresh it every 2 s until interrupted." };
        var command = new Command("status", "Show the leader, managers, gateways, pools, allocations and nodes.") { watch };
        return runner.Attach(command, (context, parsed, cancellationToken) =>
            new StatusCommand(context).RunAsync(parsed.GetValue(watch), cancellationToken));
    }

    public async Task<ExitCode> RunAsync(bool watch, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var first = await client.StatusAsync(cancellationToken);
        if (!watch)
        {
            Write(first);
            return ExitCode.Ok;
        }

        var console = context.Terminal.Out;
        if (!context.Json && console.Profile.Capabilities is { Ansi: true, Interactive: true })
        {
            await console.Live(InPlace(first)).Overflow(VerticalOverflow.Ellipsis).StartAsync(live =>
                WatchAsync(client, first, status => live.UpdateTarget(InPlace(status)), cancellationToken));
        }
        else
        {
            await WatchAsync(client, first, Write, cancellationToken);
        }

        return ExitCode.Ok;
    }

    private async Task WatchAsync(NexusApiClient client, StatusView first, Action<StatusView> show, CancellationToken cancellationToken)
    {
        show(first);
        while (true)
        {
            await Task.Delay(Interval, context.Time, cancellationToken);
            try
            {
                show(await client.StatusAsync(cancellationToken));
            }
            catch (NexusApiException away) when (away.IsTransient)
            {
                context.Terminal.Error.Line($"warning: {ConsoleLines.Harmless(away.Message)} Trying again.");
            }
        }
    }

    private void Write(StatusView status)
    {
        if (context.Json)
        {
            context.Terminal.Json(status, ApiJson.Default.StatusView);
        }
        else
        {
            context.Terminal.Out.Write(Render(status));
        }
    }

    private CutToWidth InPlace(StatusView status) => new(Render(status));

    private IRenderable Render(StatusView status) => StatusTables.Status(status, context.Time.GetUtcNow());
}
