using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Runtime;

/// <summary>
/// Runs the replicas of one node. Knows its own by label (cluster and node) and never touches anything else.
/// Every call is idempotent; the runtime keeps no truth of its own that a restart of the agent would lose.
/// </summary>
public interface IContainerRuntime : IAsyncDisposable
{
    /// <summary>Docker or Process.</summary>
    RuntimeKind Kind { get; }

    /// <summary>What stands behind it: version, architecture, capacity.</summary>
    /// <exception cref="RuntimeUnavailableException">It does not answer.</exception>
    Task<RuntimeInfo> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>All workloads of this cluster and node, running or ended.</summary>
    Task<ImmutableArray<Workload>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Makes the image present; at once when it is.</summary>
    /// <exception cref="ImageUnavailableException">It is neither here nor can be pulled.</exception>
    Task EnsureImageAsync(string image, CancellationToken cancellationToken);

    /// <summary>
    /// Creates and starts. A workload of the same allocation and attempt that already runs, or has ended already, is
    /// returned as it is; one that was created and not started is started.
    /// </summary>
    /// <exception cref="ImageUnavailableException">Its image is not here.</exception>
    /// <exception cref="WorkloadStartException">
    /// It could not be started; the message says why. A program missing in an image shows otherwise: as an exit with code
    /// 127, and its name in the output.
    /// </exception>
    Task<Workload> StartAsync(WorkloadSpec spec, CancellationToken cancellationToken);

    /// <summary>
    /// SIGTERM, wait at most <paramref name="grace"/>, SIGKILL; returns when it is gone. Zero kills at once. An unknown or
    /// foreign id is as good as gone and is left alone.
    /// </summary>
    Task StopAsync(WorkloadId id, TimeSpan grace, CancellationToken cancellationToken);

    /// <summary>
    /// Sends a signal and waits for nothing. False when it does not run, or is not ours. A process of a container that
    /// cannot be reached from here gets its signal by way of the engine.
    /// </summary>
    Task<bool> SignalAsync(WorkloadId id, WorkloadSignal signal, CancellationToken cancellationToken);

    /// <summary>
    /// Halts all of its processes where they are; they keep their memory and connections and use no CPU. Told by
    /// <see cref="Workload.Paused"/> also to a later agent. False when it does not run.
    /// </summary>
    Task<bool> PauseAsync(WorkloadId id, CancellationToken cancellationToken);

    /// <summary>Lets it go on after a pause; at once when it is not paused. False when it does not run.</summary>
    Task<bool> UnpauseAsync(WorkloadId id, CancellationToken cancellationToken);

    /// <summary>Removes what is left of an ended workload (killing it if it runs).</summary>
    Task RemoveAsync(WorkloadId id, CancellationToken cancellationToken);

    /// <summary>
    /// Ends of workloads as they happen, by pidfd within milliseconds and by the engine's own events; each end at most a
    /// few times. Only wakes: what is true stands in <see cref="ListAsync"/>. Watches from the first step of the enumeration
    /// on: start to enumerate, then list.
    /// </summary>
    IAsyncEnumerable<WorkloadExit> WatchExitsAsync(CancellationToken cancellationToken);

    /// <summary>Last lines of output, oldest first; none of a workload that is not ours.</summary>
    Task<ImmutableArray<string>> TailLogsAsync(WorkloadId id, int lines, CancellationToken cancellationToken);

    /// <summary>Output as it comes, after the last <paramref name="tail"/> lines; ends with the workload.</summary>
    IAsyncEnumerable<string> FollowLogsAsync(WorkloadId id, int tail, CancellationToken cancellationToken);

    /// <summary>Runs a command inside the workload and returns its exit code and the first lines of its output.</summary>
    Task<CommandResult> ExecAsync(WorkloadId id, ImmutableArray<string> command, TimeSpan timeout, CancellationToken cancellationToken);
}

/// <summary>What can be sent to a workload.</summary>
public enum WorkloadSignal
{
    /// <summary>SIGKILL to its main process, with which all others end.</summary>
    Kill,

    /// <summary>SIGSTOP to all of its processes: it accepts connections and answers none. Not a pause; nobody marks it as wanted.</summary>
    Freeze,

    /// <summary>SIGCONT to all of its processes.</summary>
    Thaw,
}

/// <summary>What the runtime calls a workload: a container id, or the folder of a process.</summary>
/// <param name="Value">Opaque.</param>
public readonly record struct WorkloadId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>What stands behind a runtime.</summary>
/// <param name="Name">In words: <c>Docker Engine 20.10.24</c>.</param>
/// <param name="Arch">Architecture in image terms: <c>amd64</c>, <c>arm64</c>.</param>
/// <param name="Capacity">What it can give.</param>
public sealed record RuntimeInfo(string Name, string Arch, NodeCapacity Capacity);

/// <summary>State of a workload.</summary>
public enum WorkloadState
{
    /// <summary>Made, not started.</summary>
    Created,

    /// <summary>Runs.</summary>
    Running,

    /// <summary>Ended.</summary>
    Exited,
}

/// <summary>One container or process of ours.</summary>
public sealed record Workload
{
    /// <summary>What the runtime calls it.</summary>
    public required WorkloadId Id { get; init; }

    /// <summary>The allocation it embodies.</summary>
    public required AllocationId Allocation { get; init; }

    /// <summary>Its pool.</summary>
    public required PoolName Pool { get; init; }

    /// <summary>The revision it was made from.</summary>
    public required PoolRevision Revision { get; init; }

    /// <summary>Which try of the allocation it is, from 0.</summary>
    public int Attempt { get; init; }

    /// <summary>Whether it runs.</summary>
    public WorkloadState State { get; init; }

    /// <summary>Whether it runs and is paused.</summary>
    public bool Paused { get; init; }

    /// <summary>Exit code once ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Whether the kernel ended it for want of memory.</summary>
    public bool OutOfMemory { get; init; }

    /// <summary>When it started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Process id of its main process on the node while it runs.</summary>
    public int? Pid { get; init; }

    /// <summary>Port of the node that leads to its port; null when it serves none.</summary>
    public int? HostPort { get; init; }

    /// <summary>How its engine forwards connections to <see cref="HostPort"/>; null where the workload listens there itself.</summary>
    public PortForwarding? Forwarding { get; init; }
}

/// <summary>What to start.</summary>
public sealed record WorkloadSpec
{
    /// <summary>The allocation.</summary>
    public required AllocationId Allocation { get; init; }

    /// <summary>Which try.</summary>
    public int Attempt { get; init; }

    /// <summary>Its pool.</summary>
    public required PoolName Pool { get; init; }

    /// <summary>Revision of <see cref="Template"/>.</summary>
    public required PoolRevision Revision { get; init; }

    /// <summary>What it is.</summary>
    public required Core.Spec.PoolTemplate Template { get; init; }
}

/// <summary>A workload ended.</summary>
/// <param name="Allocation">Its allocation.</param>
/// <param name="Id">The workload.</param>
/// <param name="ExitCode">Its exit code, where it is known already (a pidfd does not tell it).</param>
public readonly record struct WorkloadExit(AllocationId Allocation, WorkloadId Id, int? ExitCode);

/// <summary>What a command came to.</summary>
/// <param name="ExitCode">Its exit code; null when it timed out.</param>
/// <param name="Output">First lines of its output.</param>
public sealed record CommandResult(int? ExitCode, string Output)
{
    /// <summary>Exit code, as a shell's, when it could not be run: the workload is gone, or has no such program.</summary>
    public const int CouldNotRun = 126;
}
