using Nexus.Api.V1;
using Nexus.Cli.Commands;
using Nexus.Cli.Terminals;

namespace Nexus.Cli.Push;

/// <summary>Takes nodes out of use and puts them back, by the cluster's API.</summary>
internal sealed class PushDrains(CommandContext context, string by, TimeSpan timeout)
{
    /// <summary>A node that has just come, or whose agent was restarted, is known after a moment.</summary>
    private const int Attempts = 12;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    // Standard output is for the outcome alone.
    private readonly CommandContext _beside = context with
    {
        Output = OutputFormat.Table,
        Terminal = context.Terminal with { Out = context.Terminal.Error },
    };

    /// <summary>Asks the API anything: a cluster that does not answer is to be known before a machine is touched.</summary>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        await client.NodesAsync(cancellationToken);
    }

    /// <summary>Begins to empty a node; false where the cluster does not know it, as before it is first installed.</summary>
    public async Task<bool> TryBeginAsync(string node, string version, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        if ((await client.NodesAsync(cancellationToken)).All(known => known.Name != node))
        {
            return false;
        }

        await client.SetEligibilityAsync(node, new NodeEligibilityCommand(Draining: true, Reason(version), by), cancellationToken);
        return true;
    }

    /// <summary>Waits until it is empty.</summary>
    public Task WaitAsync(string node, string version, CancellationToken cancellationToken) =>
        new DrainCommand(_beside, by).DrainAsync(node, new NodeEligibilityCommand(Draining: true, Reason(version), by), timeout, cancellationToken);

    /// <summary>Puts it back to use.</summary>
    public async Task EndAsync(string node, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await new DrainCommand(_beside, by).UncordonAsync(node, cancellationToken);
                return;
            }
            catch (NexusApiException away) when (attempt < Attempts)
            {
                context.Terminal.Error.Line($"{node}: cannot be put back to use yet: {ConsoleLines.Harmless(away.Message)}");
                await Task.Delay(Pause, context.Time, cancellationToken);
            }
        }
    }

    private static string Reason(string version) => $"push of {version}";
}
