using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Nexus.Bench.Reliability.Beds;
using Nexus.Core.State;

namespace Nexus.Bench.Reliability.Rows;

/// <summary>Faults of the control plane itself; only Nexus has its parts to break.</summary>
internal sealed class ControlFaults(NexusBed bed, FaultScript script, BenchLoad load)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>A node is emptied while its replicas move to the others.</summary>
    public async Task<Outcome> DrainAsync(CancellationToken cancellationToken)
    {
        await script.SettledAsync(3, cancellationToken);
        var node = (await bed.StatusAsync(cancellationToken)).Allocations.GroupBy(a => a.Node).MaxBy(g => g.Count())!;
        load.Begin();
        var started = Stopwatch.GetTimestamp();
        await bed.DrainAsync(node.Key, draining: true, cancellationToken);
        var empty = await FaultScript.UntilAsync(
            async () => (await bed.StatusAsync(cancellationToken)).Allocations.Where(a => a.Node == node.Key).All(a => a.Phase is AllocationPhase.Stopped)
                && (await bed.RoutedAsync(cancellationToken)).Count == 3,
            $"{node.Key} is empty and three replicas serve", started, Pause, cancellationToken);
        var traffic = await script.RestAsync(cancellationToken);
        await bed.DrainAsync(node.Key, draining: false, cancellationToken);
        return new Outcome(traffic, Outcome.TimesOf(("empty", empty)), $"{node.Count()} replicas moved");
    }

    /// <summary>The leading manager dies at once.</summary>
    public async Task<Outcome> KillLeaderAsync(CancellationToken cancellationToken)
    {
        var (leader, epoch) = await LeaderAsync(cancellationToken);
        load.Begin();
        var started = Stopwatch.GetTimestamp();
        leader.Kill();
        var led = await LedAnewAsync(epoch, started, cancellationToken);
        var reconciled = await ReconciledAsync(4, started, cancellationToken);
        var traffic = await script.RestAsync(cancellationToken);
        leader.StartAgain();
        await bed.ApplyAsync(3, "local", cancellationToken);
        await script.SettledAsync(3, cancellationToken);
        return new Outcome(traffic, Outcome.TimesOf(("new leader", led), ("and a 4th replica serves", reconciled)));
    }

    /// <summary>The leading manager sleeps until another leads, then wakes and goes on where it was.</summary>
    public async Task<Outcome> SleepingLeaderAsync(CancellationToken cancellationToken)
    {
        var (leader, epoch) = await LeaderAsync(cancellationToken);
        load.Begin();
        var started = Stopwatch.GetTimestamp();
        leader.Stop();
        var led = await LedAnewAsync(epoch, started, cancellationToken);

        // There is something to do that the sleeper does not know of, and would undo.
        await ReconciledAsync(4, started, cancellationToken);
        var before = await EpochsAsync(cancellationToken);
        leader.Continue();
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellationToken);
        var after = await EpochsAsync(cancellationToken);
        var stale = after.Count(a => before.TryGetValue(a.Key, out var earlier) && a.Value.Index != earlier.Index && a.Value.Epoch < earlier.Epoch);
        var traffic = await script.RestAsync(cancellationToken);
        await bed.ApplyAsync(3, "local", cancellationToken);
        await script.SettledAsync(3, cancellationToken);
        return new Outcome(traffic, Outcome.TimesOf(("new leader", led)), $"{(stale > 0 ? "BROKEN: " : "")}stale writes accepted: {stale}");
    }

    /// <summary>All managers die, then all Consul servers as well; a replica dies meanwhile in each state; then all return.</summary>
    public async Task<Outcome> OutageAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        var (_, epoch) = await LeaderAsync(cancellationToken);
        var before = await bed.ContainerIdsAsync(cancellationToken);
        load.Begin();
        foreach (var manager in bed.Managers)
        {
            manager.Kill();
        }

        await Task.Delay(length / 4, TimeProvider.System, cancellationToken);
        var withoutManagers = await CrashAsync(before, cancellationToken);
        foreach (var consul in bed.Parts.Where(p => p.Variable == "consul"))
        {
            consul.Kill();
        }

        await Task.Delay(length / 2, TimeProvider.System, cancellationToken);
        var withoutConsul = await CrashAsync(before, cancellationToken);
        await Task.Delay(length / 4, TimeProvider.System, cancellationToken);
        var missing = before.Except(await bed.ContainerIdsAsync(cancellationToken)).Count();

        foreach (var part in bed.Parts.Where(p => !p.IsUp).OrderBy(p => p.Variable == "consul" ? 0 : 1))
        {
            part.StartAgain();
        }

        var started = Stopwatch.GetTimestamp();
        var back = await LedAnewAsync(epoch, started, cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System, cancellationToken);
        missing = Math.Max(missing, before.Except(await bed.ContainerIdsAsync(cancellationToken)).Count());
        var traffic = await script.RestAsync(cancellationToken);
        await script.SettledAsync(3, cancellationToken);
        return new Outcome(
            traffic,
            Outcome.TimesOf(("restart without managers", withoutManagers), ("restart without Consul", withoutConsul), ("led again", back)),
            $"{(missing > 0 ? "BROKEN: " : "")}containers killed by Nexus: {missing}");
    }

    /// <summary>All Consul servers die and come back with empty disks; the status says what runs, and the spec is applied again.</summary>
    public async Task<Outcome> EmptiedAsync(CancellationToken cancellationToken)
    {
        await script.SettledAsync(3, cancellationToken);
        var before = await bed.ContainerIdsAsync(cancellationToken);
        var servers = bed.Parts.Where(p => p.Variable == "consul").ToList();
        load.Begin();
        var started = Stopwatch.GetTimestamp();
        servers.ForEach(s => s.Kill());
        foreach (var folder in servers.SelectMany(s => s.Process.Arguments).Where(a => a.StartsWith("-data-dir=", StringComparison.Ordinal)))
        {
            Directory.Delete(folder["-data-dir=".Length..], recursive: true);
        }

        servers.ForEach(s => s.StartAgain());
        var noticed = await FaultScript.UntilAsync(
            async () => await StatusOrNullAsync(cancellationToken) is { SpecRevision: 0 } status && status.Allocations.Count(a => a.Healthy) == before.Count,
            "the status shows what runs without a spec", started, Pause, cancellationToken);
        await bed.ApplyAsync(3, "local", cancellationToken);
        var ready = await FaultScript.UntilAsync(
            async () => (await bed.StatusAsync(cancellationToken)).Pools is [{ Rollout: null, Healthy: 3, UpToDate: 3 }],
            "the pool is ready", started, Pause, cancellationToken);
        var missing = before.Except(await bed.ContainerIdsAsync(cancellationToken)).Count();
        var traffic = await script.RestAsync(cancellationToken);
        await script.SettledAsync(3, cancellationToken);
        return new Outcome(
            traffic, Outcome.TimesOf(("shown", noticed), ("ready", ready)), $"{(missing > 0 ? "BROKEN: " : "")}containers killed by Nexus: {missing}");
    }

    private async Task<Api.V1.StatusView?> StatusOrNullAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await bed.StatusAsync(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Kills a replica and waits for its successor on the same node; takes it out of those that may not vanish.</summary>
    private async Task<TimeSpan> CrashAsync(HashSet<string> counted, CancellationToken cancellationToken)
    {
        var victim = (await bed.RoutedAsync(cancellationToken)).Order(StringComparer.Ordinal).First();
        var container = await bed.ContainerOfAsync(victim, cancellationToken);
        counted.Remove(container);
        var pid = await Shell.PidOfAsync(container, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        Shell.Kill(pid);
        return await FaultScript.UntilAsync(
            async () => await bed.RoutedAsync(cancellationToken) is var routed && !routed.Contains(victim) && routed.Count == 3,
            "the replica is restarted on its node", started, Pause, cancellationToken);
    }

    private async Task<(Part Leader, ulong Epoch)> LeaderAsync(CancellationToken cancellationToken)
    {
        await script.SettledAsync(3, cancellationToken);
        var leader = (await bed.StatusAsync(cancellationToken)).Leader ?? throw new InvalidOperationException("Nobody leads.");
        return (bed.Managers.Single(m => m.Name == leader.Manager), leader.Epoch);
    }

    private async Task<ulong?> LeaderOrNullAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await bed.StatusAsync(cancellationToken)).Leader?.Epoch;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private Task<TimeSpan> LedAnewAsync(ulong epoch, long started, CancellationToken cancellationToken) => FaultScript.UntilAsync(
        async () => await LeaderOrNullAsync(cancellationToken) > epoch, "another manager leads", started, Pause, cancellationToken);

    private async Task<TimeSpan> ReconciledAsync(int replicas, long started, CancellationToken cancellationToken)
    {
        await bed.ApplyAsync(replicas, "local", cancellationToken);
        return await FaultScript.UntilAsync(
            async () => (await bed.RoutedAsync(cancellationToken)).Count == replicas, "the new leader reconciles", started, Pause, cancellationToken);
    }

    /// <summary>Of every assignment in Consul: who wrote it and when.</summary>
    private async Task<Dictionary<string, (ulong Epoch, ulong Index)>> EpochsAsync(CancellationToken cancellationToken)
    {
        using var keys = JsonDocument.Parse(await bed.Consul.GetStringAsync("/v1/kv/nexus/desired/?recurse", cancellationToken));
        return keys.RootElement.EnumerateArray().ToDictionary(
            k => k.GetProperty("Key").GetString()!,
            k =>
            {
                using var assignment = JsonDocument.Parse(Encoding.UTF8.GetString(k.GetProperty("Value").GetBytesFromBase64()));
                return (assignment.RootElement.GetProperty("epoch").GetUInt64(), k.GetProperty("ModifyIndex").GetUInt64());
            },
            StringComparer.Ordinal);
    }
}
