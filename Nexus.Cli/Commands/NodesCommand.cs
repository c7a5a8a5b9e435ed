using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus nodes</c>: the worker nodes, what they can give and what is taken; and the removal of a lost one.</summary>
internal sealed class NodesCommand(CommandContext context)
{
    public static Command Describe(CommandRunner runner)
    {
        var node = new Argument<string>("node") { Description = "The node." };
        var remove = new Command("remove", "Remove a lost node at once: its replicas are no longer counted, whatever runs there.") { node };
        return runner.Attach(
            new Command("nodes", "Show the worker nodes: what they can give and how much of it is reserved.")
            {
                runner.Attach(remove, (context, parsed, cancellationToken) => new NodesCommand(context).RemoveAsync(
                    parsed.GetRequiredValue(node), runner.Surroundings.User, cancellationToken)),
            },
            (context, _, cancellationToken) => new NodesCommand(context).RunAsync(cancellationToken));
    }

    public async Task<ExitCode> RemoveAsync(string node, string by, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        await client.ForgetNodeAsync(node, by, cancellationToken);
        context.Terminal.Out.Line(ConsoleLines.Harmless($"{node}: is removed"));
        return ExitCode.Ok;
    }

    public async Task<ExitCode> RunAsync(CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var status = await client.StatusAsync(cancellationToken);
        var nodes = status.Nodes;
        if (status.Warning is { } warning)
        {
            context.Terminal.Error.Line($"warning: {ConsoleLines.Harmless(warning)}");
        }

        if (context.Json)
        {
            context.Terminal.Json(nodes, ApiJson.Default.ImmutableArrayNodeView);
        }
        else if (nodes.Length == 0)
        {
            context.Terminal.Error.Line("No node has registered yet. Start a worker agent on each machine.");
        }
        else
        {
            context.Terminal.Out.Write(StatusTables.Nodes(nodes, labels: true));
        }

        return ExitCode.Ok;
    }
}
