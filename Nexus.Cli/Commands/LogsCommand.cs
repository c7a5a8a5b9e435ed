using System.Collections.Immutable;
using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus logs</c>: the output of an allocation, or of all allocations of a pool with their ids in front.</summary>
internal sealed class LogsCommand(CommandContext context)
{
    private const int MaxTail = 100_000;

    public static Command Describe(CommandRunner runner)
    {
        var name = new Argument<string>("allocation|pool") { Description = "An allocation, or a pool for all of its allocations." };
        var tail = new Option<int>("--tail", "-n")
        {
            Description = "How many of the last lines to begin with.",
            HelpName = "lines",
            DefaultValueFactory = _ => 100,
            CustomParser = result => Numbers.Parse(result, "--tail", 0, MaxTail),
        };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with new lines until the output ends or is interrupted." };
        var command = new Command("logs", "Show the output of an allocation, or of all allocations of a pool.") { name, tail, follow };
        return runner.Attach(command, (context, parsed, cancellationToken) => new LogsCommand(context).RunAsync(
            parsed.GetRequiredValue(name), parsed.GetValue(tail), parsed.GetValue(follow), cancellationToken));
    }

    public async Task<ExitCode> RunAsync(string name, int tail, bool follow, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var allocations = await client.AllocationsAsync(cancellationToken);
        var output = new LogLines(context);
        if (allocations.Any(a => a.Id == name))
        {
            await ShowAsync(client, name, tail, follow, output, cancellationToken);
            return ExitCode.Ok;
        }

        var pool = allocations.Where(a => a.Pool == name).ToImmutableArray();
        if (pool.IsEmpty)
        {
            await EnsurePoolAsync(client, name, allocations, cancellationToken);
        }

        return follow
            ? await new PoolFollow(context, client, name, output).RunAsync(pool, tail, cancellationToken)
            : await ShowPoolAsync(client, name, pool, tail, output, cancellationToken);
    }

    /// <summary>
    /// Writes one allocation's lines. Following goes on through another manager when the one that was asked is lost; lines written
    /// meanwhile are not shown, for there is no asking from a line on.
    /// </summary>
    private async Task ShowAsync(
        NexusApiClient client, string allocation, int tail, bool follow, LogLines output, CancellationToken cancellationToken)
    {
        var lost = false;
        while (true)
        {
            try
            {
                await foreach (var line in client.LogsAsync(allocation, tail, follow, cancellationToken))
                {
                    tail = 0; // of a later try
                    output.Write(allocation, line, prefixed: false);
                }

                return;
            }
            catch (NexusApiException broken) when (follow && (broken is NexusUnreachableException || (lost && broken.IsTransient)))
            {
                lost = true;
                output.Note($"warning: {broken.Message} Trying again.");
            }

            await Task.Delay(PoolFollow.Interval, context.Time, cancellationToken);
        }
    }

    private async Task<ExitCode> ShowPoolAsync(
        NexusApiClient client, string name, ImmutableArray<AllocationView> pool, int tail, LogLines output, CancellationToken cancellationToken)
    {
        if (pool.IsEmpty)
        {
            context.Terminal.Error.Line($"Pool {name} has no allocations now.");
        }

        var failed = false;
        foreach (var allocation in pool)
        {
            try
            {
                await foreach (var line in client.LogsAsync(allocation.Id, tail, follow: false, cancellationToken))
                {
                    output.Write(allocation.Id, line, prefixed: true);
                }
            }
            catch (NexusApiException missing)
            {
                failed = true;
                context.Terminal.Error.Line($"warning: {allocation.Id}: {ConsoleLines.Harmless(missing.Message)}");
            }
        }

        return failed ? ExitCode.Failure : ExitCode.Ok;
    }

    private static async Task EnsurePoolAsync(
        NexusApiClient client, string name, ImmutableArray<AllocationView> allocations, CancellationToken cancellationToken)
    {
        var pools = await client.PoolsAsync(cancellationToken);
        if (pools.Any(p => p.Name == name))
        {
            return;
        }

        var known = pools.Select(p => p.Name).Concat(allocations.Select(a => a.Id)).ToArray();
        var list = known.Length == 0 ? "There is none yet" : $"There are {string.Join(", ", known.Take(20))}{(known.Length > 20 ? ", …" : "")}";
        throw new CommandFailedException(ExitCode.Failure, $"No pool or allocation is called '{name}'. {list}.");
    }
}
