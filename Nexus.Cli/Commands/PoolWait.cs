using System.Collections.Immutable;
using System.Net;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;
using Nexus.Core.State;
using Spectre.Console;

namespace Nexus.Cli.Commands;

/// <summary>
/// Waits until every pool is as the spec wants it and its rollout has come to its end, reporting each change
/// as progress. A rollout that was rolled back or failed ends the wait as soon as nothing else moves.
/// </summary>
internal sealed class PoolWait(CommandContext context, NexusApiClient client)
{
    /// <summary>Between two looks.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, string> _said = new(StringComparer.Ordinal);

    public async Task<ExitCode> RunAsync(long revision, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = context.Time.GetTimestamp();
        Seen? seen = null;
        while (true)
        {
            seen = await LookAsync(cancellationToken) ?? seen;
            var waited = context.Time.GetElapsedTime(started);
            if (seen is not null && seen.Status.SpecRevision > revision)
            {
                throw Superseded(seen.Status, revision);
            }

            if (seen is not null && seen.Status.SpecRevision == revision)
            {
                var fates = seen.Status.Pools.Select(pool => (Pool: pool, Fate: FateOf(pool, seen.Rollout(pool.Name)))).ToList();
                if (fates.All(f => f.Fate == PoolFate.Ready) && !Leaving(seen.Status).Any() && RouteWaits.AreDone(seen.Status))
                {
                    Say("", $"{Ready(fates.Count)} after {HumanUnits.Span(waited)}");
                    return ExitCode.Ok;
                }

                if (RouteWaits.Failure(seen.Status, fates.Where(f => f.Fate == PoolFate.Changing).Select(f => f.Pool.Name)) is { } routes
                    && fates.All(f => f.Fate != PoolFate.Refused))
                {
                    throw new CommandFailedException(ExitCode.Failure, $"{routes}. The spec stays in force.");
                }

                if (fates.Any(f => f.Fate == PoolFate.Refused) && fates.All(f => f.Fate != PoolFate.Changing))
                {
                    throw Refused([.. fates.Where(f => f.Fate == PoolFate.Refused).Select(f => seen.Rollout(f.Pool.Name)!)], RouteWaits.Held(seen.Status));
                }
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

    /// <summary>
    /// How a pool stands to what its spec asks for. A rollout that was decided for an earlier spec says nothing yet.
    /// </summary>
    internal static PoolFate FateOf(PoolView pool, RolloutView? rollout)
    {
        if (rollout is null)
        {
            return PoolState.IsSettled(pool) ? PoolFate.Ready : PoolFate.Changing;
        }

        var decided = (rollout.Requested ?? rollout.Target) == pool.Revision;
        return decided switch
        {
            true when RolloutWords.IsBadEnd(rollout.Phase) => PoolFate.Refused,
            true when RolloutWords.IsEnd(rollout.Phase) && rollout.Target != pool.Revision => PoolFate.Refused,
            true when RolloutWords.IsEnd(rollout.Phase) && PoolState.IsSettled(pool) => PoolFate.Ready,
            _ => PoolFate.Changing,
        };
    }

    /// <summary>Allocations that are to go and are not known to have ended. Of a lost node nothing is heard, so none is waited for there.</summary>
    private static IEnumerable<AllocationView> Leaving(StatusView status)
    {
        var pools = status.Pools.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        return status.Allocations.Where(a => (a.Desired == DesiredStatus.Stop || !pools.Contains(a.Pool))
            && a.Phase is not (AllocationPhase.Stopped or AllocationPhase.Failed or AllocationPhase.Lost));
    }

    private static string Ready(int pools) => pools switch
    {
        0 => "no pool is left and everything has stopped",
        1 => "the pool is ready",
        _ => $"all {pools} pools are ready",
    };

    private static CommandFailedException Superseded(StatusView status, long revision) => new(
        ExitCode.Failure,
        $"superseded: revision {status.SpecRevision}{(status.SpecAppliedBy is { Length: > 0 } by ? $", applied by {by}," : "")} is in force in place of "
        + $"{revision}, whose rollout is not waited for any more. 'nexus status' shows what runs; apply again to bring your change back.");

    private static CommandFailedException Refused(IReadOnlyCollection<RolloutView> rollouts, IEnumerable<string> routes) => new(
        ExitCode.Failure,
        string.Join("; ", rollouts.Select(Refusal).Concat(routes)) + ". The spec stays in force; change it, or "
        + string.Join(" and ", rollouts.Select(r => RolloutWords.IsBadEnd(r.Phase)
            ? $"'nexus rollout resume {r.Pool}' tries again"
            : $"'nexus rollback {r.Pool} {r.Requested}' rolls out what it asks for")) + ".");

    private static string Refusal(RolloutView rollout)
    {
        if (!RolloutWords.IsBadEnd(rollout.Phase))
        {
            return $"{rollout.Pool}: a person went back to revision {rollout.Target}, which serves";
        }

        var reason = rollout.Reason.Length > 0 ? $": {rollout.Reason}" : "";
        return $"{rollout.Pool}: {RolloutWords.Phase(rollout.Phase).Text}{reason}"
            + (rollout.Stable is { } stable ? $" (revision {stable} serves)" : "");
    }

    private async Task<Seen?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var status = await client.StatusAsync(cancellationToken);
            var seen = new Seen(status, await RolloutsAsync(cancellationToken));
            var leaving = Leaving(status).CountBy(a => a.Pool, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
            foreach (var pool in status.Pools)
            {
                var rollout = seen.Rollout(pool.Name);
                var moving = rollout is not null && !RolloutWords.IsEnd(rollout.Phase);
                var stopping = leaving.Remove(pool.Name, out var count) ? $"; {count} still to stop" : "";
                Say(pool.Name, $"{pool.Name}: {PoolState.Progress(pool)}{(moving ? $"; {RolloutWords.Progress(rollout!)}" : "")}{stopping}");
            }

            foreach (var (pool, count) in leaving)
            {
                Say(pool, $"{pool}: removed; {count} still to stop");
            }

            foreach (var route in status.Routes)
            {
                Say("route " + route.Route, RouteWaits.Describe(route));
            }

            return seen;
        }
        catch (NexusApiException away) when (away.IsTransient)
        {
            Warn($"{away.Message} Still waiting.");
            return null;
        }
    }

    private async Task<ImmutableArray<RolloutView>> RolloutsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetRolloutsAsync(cancellationToken);
        }
        catch (NexusApiException old) when (old.Status == HttpStatusCode.NotFound)
        {
            return []; // a manager that knows no rollouts: the counts of the pools have to do
        }
    }

    private void Explain(Seen? seen, long revision, TimeSpan timeout)
    {
        Warn($"timed out: not ready after {HumanUnits.Span(timeout)}; revision {revision} stays in force and the cluster goes on with it");
        foreach (var pool in seen?.Status.Pools.Where(p => FateOf(p, seen.Rollout(p.Name)) != PoolFate.Ready) ?? [])
        {
            var rollout = seen!.Rollout(pool.Name);
            Warn($"  {pool.Name}: {PoolState.Progress(pool)}{(rollout is null ? "" : $"; {RolloutWords.Progress(rollout)}")}");
            foreach (var allocation in seen.Status.Allocations.Where(a => a.Pool == pool.Name && a.Reason is not null && Ails(a)))
            {
                Warn($"    {allocation.Id} on {allocation.Node}: {allocation.Reason}");
            }
        }

        foreach (var route in seen?.Status.Routes ?? [])
        {
            Say("", $"  {RouteWaits.Describe(route)}");
        }

        foreach (var allocation in seen is null ? [] : Leaving(seen.Status))
        {
            var phase = allocation.Phase?.ToString().ToLowerInvariant() ?? "not reported yet";
            Warn($"  {allocation.Id} on {allocation.Node} has not stopped: {phase}{(allocation.Reason is { } reason ? $"; {reason}" : "")}");
        }
    }

    private static bool Ails(AllocationView allocation) => allocation is { Healthy: false, Desired: DesiredStatus.Run };

    /// <summary>Writes a progress line unless it repeats the last one about the same subject.</summary>
    private void Say(string subject, string line) => WriteChanged(context.Progress, subject, line);

    private void Warn(string line) => WriteChanged(context.Terminal.Error, "", line);

    private void WriteChanged(IAnsiConsole console, string subject, string line)
    {
        if (!_said.TryGetValue(subject, out var last) || last != line)
        {
            _said[subject] = line;
            console.Line(ConsoleLines.Harmless(line));
        }
    }

    private sealed record Seen(StatusView Status, ImmutableArray<RolloutView> Rollouts)
    {
        public RolloutView? Rollout(string pool) => Rollouts.FirstOrDefault(r => r.Pool == pool);
    }
}

/// <summary>How a pool stands to what its spec asks for.</summary>
internal enum PoolFate
{
    Changing,
    Ready,

    /// <summary>The spec's revision was given up, or a person went back behind it.</summary>
    Refused,
}
