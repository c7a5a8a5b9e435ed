using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;
using Nexus.Core.State;
using Nexus.Runtime.Pidfd;

namespace Nexus.Runtime.Docker;

/// <summary>
/// Replicas as containers of a Docker Engine. Survives the engine's restarts and upgrades: a call fails with
/// <see cref="RuntimeUnavailableException"/> while it is away and works again when it is back.
/// </summary>
public sealed class DockerRuntime : IContainerRuntime
{
    private const int ParallelInspections = 8;

    private readonly DockerRuntimeOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<double> _chance;
    private readonly ILogger _logger;
    private readonly DockerEngine _engine;
    private readonly PidfdWatcher _watcher = new();
    private readonly ExitFeed _exits = new();
    private readonly ContainerPidfds _pidfds;
    private readonly ContainerHalts _halts;
    private readonly ContainerLifecycle _lifecycle;
    private readonly ContainerSignals _signals;
    private bool? _isRootless;

    /// <summary>Connects at the first call, not before.</summary>
    /// <param name="options">Which engine, whose containers.</param>
    /// <param name="time">Clock of all waits.</param>
    /// <param name="chance">Spreads reconnects: a number in [0, 1) at each call.</param>
    /// <param name="logger">Where it tells what changed.</param>
    public DockerRuntime(DockerRuntimeOptions options, TimeProvider time, Func<double> chance, ILogger<DockerRuntime> logger)
    {
        _options = options;
        _time = time;
        _chance = chance;
        _logger = logger;
        _engine = new DockerEngine(options.ResolveEndpoint());
        _pidfds = new ContainerPidfds(_watcher, _exits, time, options.UsePidfd);
        _halts = new ContainerHalts(_engine, time);
        _lifecycle = new ContainerLifecycle(_engine, options, _halts, time);
        _signals = new ContainerSignals(_engine, _lifecycle, _halts);
    }

    /// <inheritdoc/>
    public RuntimeKind Kind => RuntimeKind.Docker;

    /// <inheritdoc/>
    public async Task<RuntimeInfo> DescribeAsync(CancellationToken cancellationToken)
    {
        var version = await _engine.DescribeAsync(cancellationToken);
        var info = await _engine.AskAsync(client => client.System.GetSystemInfoAsync(cancellationToken), cancellationToken);
        return new RuntimeInfo(
            $"Docker Engine {version.Version}", version.Arch, new NodeCapacity((int)info.NCPU * 1000, info.MemTotal));
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<Workload>> ListAsync(CancellationToken cancellationToken)
    {
        var parameters = new ContainersListParameters { All = true, Filters = ContainerLabels.Filter(_options) };
        var containers = await _engine.AskAsync(
            client => client.Containers.ListContainersAsync(parameters, cancellationToken), cancellationToken);
        var workloads = new ConcurrentBag<Workload>();
        await Parallel.ForEachAsync(
            containers.Where(c => ContainerLabels.AreOurs(c.Labels, _options)),
            new ParallelOptions { MaxDegreeOfParallelism = ParallelInspections, CancellationToken = cancellationToken },
            async (container, token) =>
            {
                var id = new WorkloadId(container.ID);
                var name = container.Names?.FirstOrDefault();
                var known = container.State == "running" && _pidfds.FindRunning(id) is { } seen
                    ? seen with { Paused = ContainerHalts.IsHalted(name, seen.Pid) }
                    : null;
                if ((known ?? await ReadAsync(id, token)) is { } workload)
                {
                    if (workload is { State: WorkloadState.Running, Paused: false, Pid: { } pid })
                    {
                        await _halts.UnmarkAsync(id, name, pid, token);
                    }

                    workloads.Add(workload);
                }
            });
        return [.. workloads.OrderBy(w => w.Allocation.Value, StringComparer.Ordinal).ThenBy(w => w.Attempt)];
    }

    /// <inheritdoc/>
    public Task EnsureImageAsync(string image, CancellationToken cancellationToken) =>
        new ImagePull(_engine, _logger).EnsureAsync(image, cancellationToken);

    /// <inheritdoc/>
    public async Task<Workload> StartAsync(WorkloadSpec spec, CancellationToken cancellationToken)
    {
        using var exits = _exits.Subscribe();
        var id = await _lifecycle.StartAsync(spec, cancellationToken);
        var workload = await ReadStartedAsync(spec, id, exits, cancellationToken)
            ?? throw new WorkloadStartException($"Container {id} of {spec.Allocation} was removed while it started.");
        _logger.ContainerStarted(spec.Allocation.Value, spec.Attempt, id.Value, workload.HostPort);
        return workload;
    }

    /// <inheritdoc/>
    public Task StopAsync(WorkloadId id, TimeSpan grace, CancellationToken cancellationToken) =>
        _lifecycle.StopAsync(id, grace, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> SignalAsync(WorkloadId id, WorkloadSignal signal, CancellationToken cancellationToken) =>
        _signals.SendAsync(id, signal, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> PauseAsync(WorkloadId id, CancellationToken cancellationToken) => _signals.PauseAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> UnpauseAsync(WorkloadId id, CancellationToken cancellationToken) => _signals.UnpauseAsync(id, cancellationToken);

    /// <inheritdoc/>
    public async Task RemoveAsync(WorkloadId id, CancellationToken cancellationToken)
    {
        await _lifecycle.RemoveAsync(id, cancellationToken);
        _pidfds.Forget(id);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<WorkloadExit> WatchExitsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var subscription = _exits.Subscribe();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var events = _options.UseEvents
            ? new EngineEvents(_engine, _options, _time, _chance, _logger).ReadAsync(_exits.Publish, TellEndedAsync, stop.Token)
            : Task.CompletedTask;
        try
        {
            await foreach (var exit in subscription.Reader.ReadAllAsync(cancellationToken))
            {
                _logger.ContainerExited(exit.Allocation.Value, exit.ExitCode);
                yield return exit;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await events.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<string>> TailLogsAsync(WorkloadId id, int lines, CancellationToken cancellationToken) =>
        await _lifecycle.FindOwnAsync(id, cancellationToken) is null
            ? []
            : await new ContainerLogs(_engine).TailAsync(id, lines, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> FollowLogsAsync(
        WorkloadId id, int tail, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await _lifecycle.FindOwnAsync(id, cancellationToken) is null)
        {
            yield break;
        }

        await foreach (var line in new ContainerLogs(_engine).ReadAsync(id, tail, follow: true, cancellationToken))
        {
            yield return line;
        }
    }

    /// <inheritdoc/>
    public async Task<CommandResult> ExecAsync(
        WorkloadId id, ImmutableArray<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
        await _lifecycle.FindOwnAsync(id, cancellationToken) is null
            ? new CommandResult(CommandResult.CouldNotRun, $"no workload {id} on this node")
            : await new ContainerExec(_engine, _time).RunAsync(id, command, timeout, cancellationToken);

    /// <summary>Ends the watching; the containers stay.</summary>
    public ValueTask DisposeAsync()
    {
        _watcher.Dispose();
        _lifecycle.Dispose();
        _halts.Dispose();
        _engine.Dispose();
        return ValueTask.CompletedTask;
    }

    // An engine says nothing of a container while it clears it away, up to half a second on a busy node. What ended at once is
    // known by the news of its end.
    private async Task<Workload?> ReadStartedAsync(
        WorkloadSpec spec, WorkloadId id, ExitFeed.Subscription exits, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(id, enough.Token);
        var ending = exits.NextOfAsync(id, enough.Token);
        try
        {
            return await Task.WhenAny(reading, ending) == reading
                ? await reading
                : new Workload
                {
                    Id = id,
                    Allocation = spec.Allocation,
                    Pool = spec.Pool,
                    Revision = spec.Revision,
                    Attempt = spec.Attempt,
                    State = WorkloadState.Exited,
                    ExitCode = (await ending).ExitCode,
                    StartedAt = _time.GetUtcNow(),
                    FinishedAt = _time.GetUtcNow(),
                };
        }
        finally
        {
            await enough.CancelAsync();
            await Task.WhenAll(reading, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Workload?> ReadAsync(WorkloadId id, CancellationToken cancellationToken)
    {
        if (await _lifecycle.FindOwnAsync(id, cancellationToken) is not { } container)
        {
            _pidfds.Forget(id);
            return null;
        }

        var workload = ContainerLabels.Read(container);
        if (workload.State != WorkloadState.Running)
        {
            _pidfds.Forget(id);
            return workload;
        }

        workload = workload with { Forwarding = await ForwardingOfAsync(container, workload, cancellationToken) };
        _pidfds.Watch(workload);
        return _pidfds.Correct(workload);
    }

    // Two engines of one machine may have bridges with the same addresses; those of a rootless one are in a namespace of its own.
    private async Task<PortForwarding?> ForwardingOfAsync(ContainerInspectResponse container, Workload workload, CancellationToken cancellationToken)
    {
        var isOnThisMachine = _options.UseContainerAddresses
            && workload.Pid is { } pid
            && ContainerPidfds.IsInContainer(pid, workload.Id)
            && !(_isRootless ??= await _engine.IsRootlessAsync(cancellationToken));
        return ContainerForwarding.Of(container, isOnThisMachine, MachineAddresses.IsOwn);
    }

    // The engine may have forgotten what happened while nobody listened.
    private async Task TellEndedAsync(CancellationToken cancellationToken)
    {
        foreach (var ended in (await ListAsync(cancellationToken)).Where(w => w.State == WorkloadState.Exited))
        {
            _exits.Publish(new WorkloadExit(ended.Allocation, ended.Id, ended.ExitCode));
        }
    }
}
