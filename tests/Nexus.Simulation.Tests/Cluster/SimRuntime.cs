using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.Runtime;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Cluster;

/// <summary>An agent's way to its machine's engine.</summary>
internal class SimRuntime(SimEngine engine, SimProcess process) : IContainerRuntime
{
    public RuntimeKind Kind => RuntimeKind.Docker;

    public Task<RuntimeInfo> DescribeAsync(CancellationToken cancellationToken) =>
        process.CallAsync(engine.Latency, () => new RuntimeInfo("simulated", "amd64", new NodeCapacity(16_000, 64L << 30)), cancellationToken);

    public virtual Task<ImmutableArray<Workload>> ListAsync(CancellationToken cancellationToken) =>
        process.CallAsync<ImmutableArray<Workload>>(engine.Latency, () => [.. engine.Workloads.Select(Describe)], cancellationToken);

    public Task EnsureImageAsync(string image, CancellationToken cancellationToken) =>
        process.CallAsync(engine.PullTime(image), () => Do(() => engine.Pull(image)), cancellationToken);

    public Task<Workload> StartAsync(WorkloadSpec spec, CancellationToken cancellationToken) =>
        process.CallAsync(engine.Latency * 10, () => Describe(engine.Start(spec)), cancellationToken);

    public Task StopAsync(WorkloadId id, TimeSpan grace, CancellationToken cancellationToken)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.World.After(engine.Latency, () => engine.Stop(
            id.Value, grace, () => process.World.After(engine.Latency, () => process.Deliver(() => gone.TrySetResult()))));
        return gone.Task.WaitAsync(cancellationToken);
    }

    public Task<bool> SignalAsync(WorkloadId id, WorkloadSignal signal, CancellationToken cancellationToken) =>
        process.CallAsync(engine.Latency, () =>
        {
            var workload = engine.Workloads.FirstOrDefault(w => w.Id == id.Value && w.Running);
            if (workload is null)
            {
                return false;
            }

            if (signal == WorkloadSignal.Kill)
            {
                engine.End(workload, 137);
            }
            else
            {
                workload.Hangs = signal == WorkloadSignal.Freeze;
            }

            return true;
        }, cancellationToken);

    public Task<bool> PauseAsync(WorkloadId id, CancellationToken cancellationToken) =>
        process.CallAsync(engine.Latency, () => engine.SetPaused(id.Value, paused: true), cancellationToken);

    public Task<bool> UnpauseAsync(WorkloadId id, CancellationToken cancellationToken) =>
        process.CallAsync(engine.Latency, () => engine.SetPaused(id.Value, paused: false), cancellationToken);

    public Task RemoveAsync(WorkloadId id, CancellationToken cancellationToken) =>
        process.CallAsync(engine.Latency * 3, () => Do(() => engine.Remove(id.Value)), cancellationToken);

    public async IAsyncEnumerable<WorkloadExit> WatchExitsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var exits = Channel.CreateUnbounded<WorkloadExit>();
        void Tell(SimWorkload workload)
        {
            if (!engine.LosesEvents)
            {
                process.World.After(engine.Latency, () => process.Deliver(
                    () => exits.Writer.TryWrite(new WorkloadExit(new AllocationId(workload.Allocation), new WorkloadId(workload.Id), null))));
            }
        }

        engine.Ended += Tell;
        try
        {
            await foreach (var exit in exits.Reader.ReadAllAsync(cancellationToken))
            {
                yield return exit;
            }
        }
        finally
        {
            engine.Ended -= Tell;
        }
    }

    public Task<ImmutableArray<string>> TailLogsAsync(WorkloadId id, int lines, CancellationToken cancellationToken) =>
        process.CallAsync<ImmutableArray<string>>(engine.Latency, () => ["last words"], cancellationToken);

    public IAsyncEnumerable<string> FollowLogsAsync(WorkloadId id, int tail, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nobody follows logs here.");

    public Task<CommandResult> ExecAsync(
        WorkloadId id, ImmutableArray<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
        process.CallAsync(engine.Latency, () => new CommandResult(
            engine.Workloads.FirstOrDefault(w => w.Id == id.Value) is { Answers: true, FailsItsCheck: false } ? 0 : 1, ""), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>How the engine forwards connections to a container.</summary>
    protected virtual PortForwarding? ForwardingOf(SimWorkload workload) =>
        new(workload.Machine.ReachesContainers ? new WorkloadEndpoint(workload.Id, 8080) : null);

    protected Workload Describe(SimWorkload workload) => new()
    {
        Id = new WorkloadId(workload.Id),
        Allocation = new AllocationId(workload.Allocation),
        Pool = new PoolName(workload.Pool),
        Revision = new PoolRevision(workload.Revision),
        Attempt = workload.Attempt,
        State = workload.Running ? WorkloadState.Running : WorkloadState.Exited,
        Paused = workload.Running && workload.Paused,
        ExitCode = workload.ExitCode,
        HostPort = workload.Port,
        Forwarding = ForwardingOf(workload),
    };

    private static bool Do(Action action)
    {
        action();
        return true;
    }
}
