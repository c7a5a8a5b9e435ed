using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus nodes</c>: the worker nodes, what they can give and what is taken.</summary>
internal sealed class NodesCommand(CommandContext context)
{
    public static Command Describe(CommandRunner runner) => runner.Attach(
        new Command("nodes", "Show the worker nodes: what they can give and how much of it is reserved."),
        (context, _, cancellationToken) => new NodesCommand(context).RunAsync(cancellationToken));

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
