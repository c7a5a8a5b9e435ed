using Nexus.Core.State;
using Nexus.Runtime;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Reports;

namespace Nexus.WorkerAgent.Runtimes;

/// <summary>
/// Finds the runtime and keeps it for the agent's life. An engine that does not answer is told once, with what mends it,
/// and waited for; everything that needs no runtime goes on meanwhile.
/// </summary>
internal sealed partial class RuntimeConnection(
    RuntimeFactory factory, EventJournal events, WakeSignal wake, TimeProvider time, ILogger<RuntimeConnection> logger)
    : BackgroundService, IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource<IContainerRuntime> _found = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IContainerRuntime? _runtime;
    private volatile string? _problem;

    /// <summary>The runtime; null until it answered once.</summary>
    public IContainerRuntime? Current => _runtime;

    /// <summary>What stands behind it; null until it answered once.</summary>
    public RuntimeInfo? Info { get; private set; }

    /// <summary>Why it does not answer now; null while it does.</summary>
    public string? Problem => _problem;

    /// <summary>The runtime.</summary>
    /// <exception cref="RuntimeUnavailableException">It has not answered yet.</exception>
    public IContainerRuntime Required =>
        Current ?? throw new RuntimeUnavailableException(_problem ?? "The runtime has not answered yet.");

    /// <summary>The runtime, as soon as it answers.</summary>
    public Task<IContainerRuntime> WhenFoundAsync(CancellationToken cancellationToken) => _found.Task.WaitAsync(cancellationToken);

    /// <summary>Ends when the runtime was asked for the first time, whether or not it answered.</summary>
    public Task WhenAskedAsync(CancellationToken cancellationToken) => _asked.Task.WaitAsync(cancellationToken);

    /// <summary>A call failed because the runtime is away: tells it once.</summary>
    public void NoteAway(string reason)
    {
        if (_problem is null)
        {
            LogAway(reason);
            events.Publish(EventKinds.RuntimeUnavailable, EventSeverity.Error, reason);
        }

        _problem = reason;
        _asked.TrySetResult();
    }

    /// <summary>A call succeeded.</summary>
    public void NoteAnswers()
    {
        if (_problem is not null)
        {
            _problem = null;
            LogBack();
            events.Publish(EventKinds.RuntimeAvailable, EventSeverity.Info, "The runtime answers again.");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        if (Current is { } runtime)
        {
            await runtime.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until cancelled, on the caller's own flow.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        var runtime = await ChooseAsync(stoppingToken);
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                Info = await DescribeAsync(runtime, stoppingToken);
                LogFound(Info.Name, Info.Arch, Info.Capacity.CpuMillicores, Info.Capacity.MemoryBytes);
                NoteAnswers();
                _runtime = runtime;
                _found.SetResult(runtime);
                _asked.TrySetResult();
                wake.Set();
                break;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                NoteAway(e.Message);
            }

            try
            {
                await Task.Delay(pause, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                await runtime.DisposeAsync();
                throw;
            }
        }

        await WatchAsync(runtime, stoppingToken);
    }

    /// <summary>Looks from time to time whether it still answers: on a quiet node nothing else would ask it.</summary>
    private async Task WatchAsync(IContainerRuntime runtime, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(LookInterval, time, cancellationToken);
            var was = _problem;
            try
            {
                await DescribeAsync(runtime, cancellationToken);
                NoteAnswers();
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                NoteAway(e.Message);
            }

            if (was is null != _problem is null)
            {
                wake.Set();
            }
        }
    }

    private async Task<IContainerRuntime> ChooseAsync(CancellationToken cancellationToken)
    {
        if (factory.Choice == RuntimeChoice.Process)
        {
            return factory.CreateProcess();
        }

        var docker = factory.CreateDocker();
        if (factory.Choice == RuntimeChoice.Auto)
        {
            try
            {
                await DescribeAsync(docker, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNoEngine(e.Message);
                await docker.DisposeAsync();
                return factory.CreateProcess();
            }
        }

        return docker;
    }

    private async Task<RuntimeInfo> DescribeAsync(IContainerRuntime runtime, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(CallLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await runtime.DescribeAsync(both.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RuntimeUnavailableException(
                $"{Info?.Name ?? runtime.Kind.ToString()} did not answer within {CallLimit.TotalSeconds} s; it may be frozen or overloaded.", e);
        }
    }

    [LoggerMessage(5040, LogLevel.Information, "Replicas run on {Runtime} ({Arch}, {Cpu} millicores, {Memory} bytes)")]
    private partial void LogFound(string runtime, string arch, int cpu, long memory);

    [LoggerMessage(5041, LogLevel.Information, "No container engine answers, so replicas run as processes: {Reason}")]
    private partial void LogNoEngine(string reason);

    [LoggerMessage(5042, LogLevel.Error, "{Reason} The agent waits for it; all else goes on")]
    private partial void LogAway(string reason);

    [LoggerMessage(5043, LogLevel.Information, "The runtime answers")]
    private partial void LogBack();
}
