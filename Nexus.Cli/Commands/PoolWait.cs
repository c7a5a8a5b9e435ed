using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;
using Nexus.Core.State;

namespace Nexus.Cli.Commands;

/// <summary>Waits until every pool is as the spec wants it, saying on standard error what changes on the way.</summary>
internal sealed class PoolWait(CommandContext context, NexusApiClient client)
{
    /// <summary>Between two looks.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, string> _said = new(StringComparer.Ordinal);

    public async Task<ExitCode> RunAsync(long revision, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = context.Time.GetTimestamp();
        StatusView? seen = null;
        while (true)
        {
            seen = await LookAsync(cancellationToken) ?? seen;
            var waited = context.Time.GetElapsedTime(started);
            if (seen is not null && IsSettled(seen, revision))
            {
                Say("", $"all {seen.Pools.Length} pools are ready after {HumanUnits.Span(waited)}");
                return ExitCode.Ok;
            }

            if (waited >= timeout)
            {
                Explain(seen, revision, timeout);
                return ExitCode.TimedOut;
            }

            var left = timeout - waited;
            await Task.Delay(left < Interval ? left : Interval, context.Time, cancellationToken);
        }
    }

    private static bool IsSettled(StatusView status, long revision) =>
        status.SpecRevision >= revision && status.Pools.All(PoolState.IsSettled);

    private async Task<StatusView?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var status = await client.StatusAsync(cancellationToken);
            foreach (var pool in status.Pools)
            {
                Say(pool.Name, $"{pool.Name}: {PoolState.Progress(pool)}");
            }

            return status;
        }
        catch (NexusApiException away) when (away.IsTransient)
        {
            Say("", $"{away.Message} Still waiting.");
            return null;
        }
    }

    private void Explain(StatusView? seen, long revision, TimeSpan timeout)
    {
        Say("", $"timed out: not ready after {HumanUnits.Span(timeout)}; revision {revision} stays in force and the cluster goes on with it");
        foreach (var pool in seen?.Pools.Where(p => !PoolState.IsSettled(p)) ?? [])
        {
            Say("", $"  {pool.Name}: {PoolState.Progress(pool)}");
            foreach (var allocation in seen!.Allocations.Where(a => a.Pool == pool.Name && a.Reason is not null && Ails(a)))
            {
                Say("", $"    {allocation.Id} on {allocation.Node}: {allocation.Reason}");
            }
        }
    }

    private static bool Ails(AllocationView allocation) => allocation is { Healthy: false, Desired: DesiredStatus.Run };

    /// <summary>Says a line unless it was the last one said about the same thing.</summary>
    private void Say(string subject, string line)
    {
        if (!_said.TryGetValue(subject, out var last) || last != line)
        {
            _said[subject] = line;
            context.Terminal.Error.Line(ConsoleLines.Harmless(line));
        }
    }
}
