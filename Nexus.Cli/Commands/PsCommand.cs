using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Views;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus ps</c>: the allocations of all pools, or of one.</summary>
internal sealed class PsCommand(CommandContext context)
{
    public static Command Describe(CommandRunner runner)
    {
        var pool = new Argument<string?>("pool") { Description = "Only the allocations of this pool.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("ps", "List allocations, of all pools or of one.") { pool };
        return runner.Attach(command, (context, parsed, cancellationToken) =>
            new PsCommand(context).RunAsync(parsed.GetValue(pool), cancellationToken));
    }

    public async Task<ExitCode> RunAsync(string? pool, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var all = await client.AllocationsAsync(cancellationToken);
        if (pool is not null)
        {
            all = [.. all.Where(a => a.Pool == pool)];
            var pools = all.IsEmpty ? await client.PoolsAsync(cancellationToken) : [];
            if (all.IsEmpty && pools.All(p => p.Name != pool))
            {
                throw Unknown.Pool(pool, pools.Select(p => p.Name));
            }
        }

        if (context.Json)
        {
            context.Terminal.Json(all, ApiJson.Default.ImmutableArrayAllocationView);
        }
        else
        {
            context.Terminal.Out.Write(StatusTables.Allocations(all, context.Time.GetUtcNow()));
        }

        return ExitCode.Ok;
    }
}
