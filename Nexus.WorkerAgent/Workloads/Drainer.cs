using Nexus.Core.Convergence;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Gateways;

namespace Nexus.WorkerAgent.Workloads;

/// <summary>
/// Takes a replica out of rotation: marks it on the push stream and in Consul, then waits until every live gateway has let
/// go of it, as <see cref="DrainProgress"/> judges.
/// </summary>
internal sealed class Drainer(AllocationBook book, LocalCatalog catalog, GatewayBoard gateways, ExitBoard exits, TimeProvider time)
{
    /// <summary>Drains; null when it never served, so that there is nobody to wait for.</summary>
    public async Task<DrainVerdict?> DrainAsync(DrainAndStop action, DrainSpec spec, CancellationToken cancellationToken)
    {
        var id = action.Allocation;
        var newest = action.Workloads.MaxBy(w => w.Attempt)!;
        var before = book.Find(id);
        var served = newest is { Running: true, Paused: false, Port: not null } && (MayServe(before) || catalog.Registered.ContainsKey(id)
            || gateways.Lists(id, newest.Attempt));
        if (action.Assignment is { } assignment)
        {
            book.Update(assignment, m => m.AfterStopBegun(newest, action.Reason));
        }
        else
        {
            book.TryUpdate(id, m => m.AfterStopBegun(newest, action.Reason));
        }

        if (!served)
        {
            return null;
        }

        await catalog.TryDrainAsync(id, cancellationToken);
        var pool = action.Assignment?.Pool ?? before?.Pool ?? newest.Pool ?? default;
        return await WaitAsync(new Drain(id, newest.Attempt, pool, spec), exits.TokenFor(newest.Id), cancellationToken);
    }

    private async Task<DrainVerdict> WaitAsync(Drain drain, CancellationToken exited, CancellationToken cancellationToken)
    {
        var marked = time.GetTimestamp();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(exited, cancellationToken);
        while (true)
        {
            var (reports, outdated) = gateways.Look();
            var elapsed = time.GetElapsedTime(marked);
            var verdict = DrainProgress.Judge(drain, reports, elapsed);
            if (verdict.GoOn)
            {
                return verdict;
            }

            if (exited.IsCancellationRequested)
            {
                return new DrainVerdict(true, false, null, "it ended by itself");
            }

            var patience = (verdict.LookAgainAfter ?? elapsed) - elapsed;
            await outdated.WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, time, either.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    // Of one that this agent has not seen before nobody knows whether requests are under way.
    private static bool MayServe(AllocationMemory? memory) =>
        memory is null or { Phase: AllocationPhase.Running or AllocationPhase.Draining };
}
