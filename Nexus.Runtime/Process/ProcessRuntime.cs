using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Nexus.Core.State;
using Nexus.Runtime.Pidfd;

namespace Nexus.Runtime.Process;

/// <summary>
/// Replicas as plain processes, for machines without a container engine. They outlive the agent and are found again by
/// what is written in the state directory. They run as the agent's user, and limits, capabilities and volumes of the
/// template are not enforced: whoever needs those needs Docker. Wants <c>/bin/sh</c>; ends are told within milliseconds on
/// Linux and by looking every quarter of a second elsewhere.
/// </summary>
public sealed class ProcessRuntime : IContainerRuntime
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly ProcessRuntimeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PidfdWatcher _watcher = new();
    private readonly ExitFeed _feed = new();
    private readonly ProcessExits _exits;
    private readonly ProcessLauncher _launcher;
    private readonly FreePorts _ports;
    private readonly SemaphoreSlim _starting = new(1);

    /// <summary>Takes up what an earlier runtime on the same state directory left running.</summary>
    /// <param name="options">Where and whose.</param>
    /// <param name="time">Clock of all waits.</param>
    /// <param name="logger">Where it tells what changed.</param>
    public ProcessRuntime(ProcessRuntimeOptions options, TimeProvider time, ILogger<ProcessRuntime> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _exits = new ProcessExits(_watcher, _feed);
        _launcher = new ProcessLauncher(time);
        _ports = new FreePorts(IPAddress.TryParse(options.Address, out var address) ? address : IPAddress.Any);
    }

    /// <inheritdoc/>
    public RuntimeKind Kind => RuntimeKind.Process;

    /// <inheritdoc/>
    public Task<RuntimeInfo> DescribeAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists("/bin/sh"))
        {
            throw new RuntimeUnavailableException("The process runtime needs /bin/sh, which this machine does not have. Use Docker, or WSL on Windows.");
        }

        return Task.FromResult(new RuntimeInfo($"Processes on {RuntimeInformation.OSDescription}", NodeFacts.Arch, NodeFacts.ReadCapacity()));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<Workload>> ListAsync(CancellationToken cancellationToken)
    {
        var workloads = ImmutableArray.CreateBuilder<Workload>();
        foreach (var folder in Folders())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (folder.ReadWorkload() is not { } workload)
            {
                continue;
            }

            if (workload.State == WorkloadState.Running)
            {
                _exits.Watch(folder, workload);
                new OutputFile(folder.OutputFile).Trim();
            }

            workloads.Add(workload);
        }

        return Task.FromResult(workloads.ToImmutable());
    }

    /// <summary>Nothing to do: a process has no image.</summary>
    /// <inheritdoc/>
    public Task EnsureImageAsync(string image, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task<Workload> StartAsync(WorkloadSpec spec, CancellationToken cancellationToken)
    {
        var folder = FolderOf(spec);
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (folder.ReadWorkload() is { State: not WorkloadState.Created } present)
            {
                return present;
            }

            await LaunchAsync(spec, folder, cancellationToken);
        }
        finally
        {
            _starting.Release();
        }

        var workload = folder.ReadWorkload() ?? throw new WorkloadStartException($"{spec.Allocation} was removed while it started.");
        _exits.Watch(folder, workload);
        _logger.ProcessStarted(spec.Allocation.Value, spec.Attempt, workload.Pid, workload.HostPort);
        return workload;
    }

    /// <inheritdoc/>
    public async Task StopAsync(WorkloadId id, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (Find(id) is { } folder && folder.ReadRecord() is { } record && record.Boot == WorkloadFolder.Boot
            && folder.ReadProcesses() is { } processes)
        {
            await new ProcessSession(processes, record.Allocation, _time).EndAsync(grace, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task<bool> SignalAsync(WorkloadId id, WorkloadSignal signal, CancellationToken cancellationToken)
    {
        if (FindRunning(id) is not { } found)
        {
            return Task.FromResult(false);
        }

        found.Session.Send(signal);
        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    public Task<bool> PauseAsync(WorkloadId id, CancellationToken cancellationToken)
    {
        if (FindRunning(id) is not { } found)
        {
            return Task.FromResult(false);
        }

        // Marked first: should the agent end in between, a workload that is marked and runs on harms nobody.
        found.Folder.MarkPaused(true);
        found.Session.Send(WorkloadSignal.Freeze);
        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    public Task<bool> UnpauseAsync(WorkloadId id, CancellationToken cancellationToken)
    {
        if (FindRunning(id) is not { } found)
        {
            return Task.FromResult(false);
        }

        found.Session.Send(WorkloadSignal.Thaw);
        found.Folder.MarkPaused(false);
        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(WorkloadId id, CancellationToken cancellationToken)
    {
        await StopAsync(id, TimeSpan.Zero, cancellationToken);
        if (Find(id) is { } folder)
        {
            Directory.Delete(folder.FullPath, recursive: true);
        }

        _exits.Forget(id);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<WorkloadExit> WatchExitsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var subscription = _feed.Subscribe();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var looking = PidfdWatcher.IsSupported ? Task.CompletedTask : LookAsync(stop.Token);
        try
        {
            await ListAsync(cancellationToken); // watches what an earlier agent started
            await foreach (var exit in subscription.Reader.ReadAllAsync(cancellationToken))
            {
                yield return exit;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> TailLogsAsync(WorkloadId id, int lines, CancellationToken cancellationToken) =>
        Task.FromResult(Find(id) is { } folder ? new OutputFile(folder.OutputFile).Tail(lines) : []);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> FollowLogsAsync(WorkloadId id, int tail, CancellationToken cancellationToken) =>
        Find(id) is { } folder
            ? new OutputFile(folder.OutputFile).FollowAsync(
                tail, () => folder.ReadWorkload() is { State: WorkloadState.Running }, _time, cancellationToken)
            : AsyncEnumerable.Empty<string>();

    /// <inheritdoc/>
    public async Task<CommandResult> ExecAsync(
        WorkloadId id, ImmutableArray<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
        Find(id) is { } folder && folder.ReadRecord() is { } record && folder.ReadWorkload() is { Pid: { } pid }
            ? await ProcessExec.RunAsync(record.WorkingDirectory, pid, command, timeout, _time, cancellationToken)
            : new CommandResult(CommandResult.CouldNotRun, $"no workload {id} runs on this node");

    /// <summary>Ends the watching; the processes stay.</summary>
    public ValueTask DisposeAsync()
    {
        _watcher.Dispose();
        _starting.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task LaunchAsync(WorkloadSpec spec, WorkloadFolder folder, CancellationToken cancellationToken)
    {
        int? port = spec.Template is { Port: null, HostPort: null } ? null
            : spec.Template.HostPort is { } fixedPort ? _ports.Require(fixedPort, spec.Allocation)
            : _ports.Take(TakenPorts());
        var environment = InheritedEnvironment.Compute(Environment.GetEnvironmentVariables());
        var telemetry = _options.Telemetry?.VariablesOf(spec, _options.Node, inContainer: false) ?? [];
        foreach (var (name, value) in telemetry.Concat(spec.Template.Env).Concat(WorkloadEnvironment.Of(spec, _options.Node, port)))
        {
            environment[name] = value;
        }

        var command = WorkloadCommand.Resolve(spec, _options, port, environment.GetValueOrDefault("PATH"));
        folder.Write(new WorkloadRecord
        {
            Allocation = spec.Allocation,
            Pool = spec.Pool,
            Revision = spec.Revision,
            Attempt = spec.Attempt,
            Port = port,
            WorkingDirectory = command.WorkingDirectory,
            StartedAt = _time.GetUtcNow(),
            Boot = WorkloadFolder.Boot,
        });
        await _launcher.LaunchAsync(folder, command, environment, cancellationToken);
    }

    // Where the kernel does not tell: compare what ran with what runs.
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var before = ImmutableHashSet<WorkloadId>.Empty;
        while (true)
        {
            var now = await ListAsync(cancellationToken);
            var running = now.Where(w => w.State == WorkloadState.Running).Select(w => w.Id).ToImmutableHashSet();
            foreach (var ended in now.Where(w => before.Contains(w.Id) && !running.Contains(w.Id)))
            {
                _feed.Publish(new WorkloadExit(ended.Allocation, ended.Id, ended.ExitCode));
            }

            before = running;
            await Task.Delay(LookInterval, _time, cancellationToken);
        }
    }

    private (WorkloadFolder Folder, ProcessSession Session)? FindRunning(WorkloadId id) =>
        Find(id) is { } folder && folder.ReadWorkload() is { State: WorkloadState.Running } workload
        && folder.ReadProcesses() is { } processes
            ? (folder, new ProcessSession(processes, workload.Allocation, _time))
            : null;

    private HashSet<int> TakenPorts() => [.. Folders().Select(f => f.ReadRecord()?.Port).OfType<int>()];

    private IEnumerable<WorkloadFolder> Folders() =>
        Directory.Exists(_options.Root)
            ? Directory.EnumerateDirectories(_options.Root).Order(StringComparer.Ordinal).Select(path => new WorkloadFolder(path))
            : [];

    private WorkloadFolder FolderOf(WorkloadSpec spec) =>
        new(Path.Combine(_options.Root, $"{spec.Allocation.Value}-{spec.Attempt.ToString(CultureInfo.InvariantCulture)}"));

    // By looking among our own, so that no id leads out of the state directory.
    private WorkloadFolder? Find(WorkloadId id) => Folders().FirstOrDefault(folder => folder.Id == id);
}
