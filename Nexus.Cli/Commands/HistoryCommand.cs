using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Views;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus history</c>: a pool's rollouts, newest first, and how they ended.</summary>
internal sealed class HistoryCommand(CommandContext context)
{
    public static Command Describe(CommandRunner runner)
    {
        var pool = new Argument<string>("pool") { Description = "The pool." };
        var command = new Command("history", "Show the rollouts of a pool, newest first, and how they ended.") { pool };
        return runner.Attach(command, (context, parsed, cancellationToken) =>
            new HistoryCommand(context).RunAsync(parsed.GetRequiredValue(pool), cancellationToken));
    }

    public async Task<ExitCode> RunAsync(string pool, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var rollout = await client.GetRolloutAsync(pool, cancellationToken);
        if (context.Json)
        {
            context.Terminal.Json(rollout, ApiJson.Default.RolloutView);
        }
        else
        {
            context.Terminal.Out.Write(RolloutTables.History(rollout, context.Time.GetUtcNow()));
        }

        return ExitCode.Ok;
    }
}
