using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus drain</c> and <c>nexus uncordon</c>: empties a node without a failed request, and puts it back to use.</summary>
internal sealed class DrainCommand(CommandContext context, string by)
{
    /// <summary>Between two looks of <c>--wait</c>.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const int Looks = 3;
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan DefaultWait = TimeSpan.FromMinutes(10);

    public static Command Describe(CommandRunner runner)
    {
        var node = new Argument<string>("node") { Description = "The node." };
        var wait = new Option<TimeSpan?>("--wait")
        {
            Description = "Wait until nothing runs there any more. Default timeout 10m.",
            HelpName = "timeout",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = Spans.Parse,
        };
        var reason = new Option<string?>("--reason") { Description = "Why, for the record.", HelpName = "text" };
        var leave = new Option<bool>("--leave-volumes")
        {
            Description = "Move replicas although the data of their volumes stays on the node; also replaces them when the node is lost.",
        };
        var command = new Command("drain", "Take a node out of use: its replicas are started elsewhere first, then drained.") { node, wait, reason, leave };
        return runner.Attach(command, (context, parsed, cancellationToken) =>
        {
            TimeSpan? timeout = parsed.GetResult(wait) is null ? null : parsed.GetValue(wait) ?? DefaultWait;
            var asked = new NodeEligibilityCommand(Draining: true, parsed.GetValue(reason) ?? "", runner.Surroundings.User)
            {
                LeaveVolumes = parsed.GetValue(leave),
            };
            return new DrainCommand(context, runner.Surroundings.User)
                .DrainAsync(parsed.GetRequiredValue(node), asked, timeout, cancellationToken);
        });
    }

    public static Command DescribeUncordon(CommandRunner runner)
    {
        var node = new Argument<string>("node") { Description = "The node." };
        var command = new Command("uncordon", "Put a node back to use.") { node };
        return runner.Attach(command, (context, parsed, cancellationToken) =>
            new DrainCommand(context, runner.Surroundings.User).UncordonAsync(parsed.GetRequiredValue(node), cancellationToken));
    }

    public async Task<ExitCode> DrainAsync(string node, NodeEligibilityCommand asked, TimeSpan? wait, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var drain = await client.SetEligibilityAsync(node, asked, cancellationToken);
        if (wait is not { } timeout)
        {
            // The leader says why it cannot go on, once it has looked.
            for (var look = 0; look < Looks && drain is { Draining: true, Left: > 0, Blocked: null }; look++)
            {
                await Task.Delay(FirstLook, context.Time, cancellationToken);
                drain = await LookAsync(client, node, cancellationToken) ?? drain;
            }

            Write(drain, $"{node}: is being emptied, {Left(drain)}");
            return ExitCode.Ok;
        }

        var started = context.Time.GetTimestamp();
        var said = "";
        while (true)
        {
            var waited = context.Time.GetElapsedTime(started);
            if (drain is { Draining: true, Left: 0 })
            {
                Write(drain, $"{node}: empty after {HumanUnits.Span(waited)}");
                return ExitCode.Ok;
            }

            if (!drain.Draining)
            {
                throw new CommandFailedException(ExitCode.Failure, $"{node} was put back to use meanwhile; {Left(drain)}.");
            }

            if (waited >= timeout)
            {
                throw new CommandFailedException(
                    ExitCode.TimedOut, $"{node} is not empty after {HumanUnits.Span(timeout)}: {Left(drain)}. It stays out of use and goes on being emptied.");
            }

            if (Left(drain) is var line && line != said)
            {
                said = line;
                context.Progress.Line($"{node}: {ConsoleLines.Harmless(line)}");
            }

            await Task.Delay(timeout - waited < Interval ? timeout - waited : Interval, context.Time, cancellationToken);
            drain = await LookAsync(client, node, cancellationToken) ?? drain;
        }
    }

    public async Task<ExitCode> UncordonAsync(string node, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var drain = await client.SetEligibilityAsync(node, new NodeEligibilityCommand(Draining: false, "", by), cancellationToken);
        Write(drain, $"{node}: is in use again");
        return ExitCode.Ok;
    }

    private static string Left(NodeDrainView drain) =>
        $"{drain.Left} allocation{(drain.Left == 1 ? "" : "s")} left{(drain.Blocked is null ? "" : $"; it cannot go on: {drain.Blocked}")}";

    private async Task<NodeDrainView?> LookAsync(NexusApiClient client, string node, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetNodeDrainAsync(node, cancellationToken);
        }
        catch (NexusApiException away) when (away.IsTransient)
        {
            context.Terminal.Error.Line($"warning: {ConsoleLines.Harmless(away.Message)} Trying again.");
            return null;
        }
    }

    private void Write(NodeDrainView drain, string line)
    {
        if (context.Json)
        {
            context.Terminal.Json(drain, ApiJson.Default.NodeDrainView);
        }
        else
        {
            context.Terminal.Out.Line(ConsoleLines.Harmless(line));
        }
    }
}
