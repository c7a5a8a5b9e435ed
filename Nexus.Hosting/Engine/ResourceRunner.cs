using System.Collections.Immutable;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Hosting.Engine.Endpoints;
using Nexus.Hosting.Engine.Health;
using Nexus.Hosting.Engine.Launch;

namespace Nexus.Hosting.Engine;

/// <summary>
/// Starts and stops one resource and keeps its state told. Owns the running copies, their proxies and their watchers:
/// after <see cref="StopAsync"/> none of them is left. A failed start is a state, not an exception.
/// </summary>
internal sealed class ResourceRunner(ResourcePlan plan, EngineContext context, IInstanceLauncher? launcher, InstanceHealthChecks checks)
    : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly List<TcpProxy> _proxies = [];
    private readonly List<Task> _watchers = [];
    private ImmutableList<IRunningInstance> _running = [];
    private CancellationTokenSource _life = new();

    public IResource Resource => plan.Resource;

    /// <summary>Whether there is something to start and stop.</summary>
    public bool IsLaunched => launcher is not null;

    public bool StartsByItself => !Resource.Annotations.OfType<ExplicitStartupAnnotation>().Any();

    /// <summary>Tells that the resource exists and has not been asked to start.</summary>
    public Task AnnounceAsync() => PublishAsync(s => s with { State = KnownResourceStates.NotStarted, Urls = [.. plan.Urls()] });

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_running.Exists(instance => !instance.Exited.IsCompleted))
            {
                throw new InvalidOperationException($"'{Resource.Name}' is already running.");
            }

            await TidyAsync(cancellationToken);
            using var starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _life.Token);
            await StartOrFailAsync(starting.Token);
        }
        finally
        {
            _gate.Release();
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => EndAsync(leave: false, cancellationToken);

    /// <summary>Stops it with the application; what is to outlive that stays.</summary>
    public Task LeaveAsync(CancellationToken cancellationToken) => EndAsync(leave: true, cancellationToken);

    private async Task EndAsync(bool leave, CancellationToken cancellationToken)
    {
        // First the wish, then the gate: a start that is waiting for its dependencies gives up.
        await _life.CancelAsync();
        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            if (_running.Exists(instance => !instance.Exited.IsCompleted))
            {
                await PublishAsync(s => s with { State = KnownResourceStates.Stopping });
            }

            await TidyAsync(cancellationToken, leave);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Ends everything at once; nothing is told.</summary>
    public void Kill()
    {
        foreach (var instance in _running)
        {
            instance.Kill();
        }
    }

    public void Dispose()
    {
        _gate.Dispose();
        _life.Dispose();
    }

    private async Task StartOrFailAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Resource.Annotations.OfType<WaitAnnotation>().Any())
            {
                await PublishAsync(s => Fresh(s) with { State = KnownResourceStates.Waiting });
                await new DependencyWait(context.Notifications).ForAllAsync(Resource, cancellationToken);
            }

            await PublishAsync(s => Fresh(s) with { State = KnownResourceStates.Starting });
            await context.Eventing.PublishAsync(new BeforeResourceStartedEvent(Resource, context.Services), cancellationToken);
            PublicPorts.Require(plan);
            foreach (var instance in plan.Instances)
            {
                await LaunchAsync(instance, cancellationToken);
            }

            foreach (var endpoint in plan.Endpoints.Where(e => e.NeedsProxy))
            {
                _proxies.Add(TcpProxy.Start(
                    endpoint.PublicPort, endpoint.Endpoint.AllocatedEndpoint!.Address != endpoint.Endpoint.TargetHost, endpoint.ListenPorts));
            }

            _watchers.Add(AnnounceReadyAsync(_life.Token));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await PublishAsync(s => s with { State = KnownResourceStates.NotStarted });
        }
        catch (Exception exception)
        {
            await FailAsync(exception);
        }
    }

    private async Task FailAsync(Exception exception)
    {
        var reason = exception is DistributedApplicationException ? exception.Message : $"{exception.GetType().Name}: {exception.Message}";
        context.Logs.Write(plan.Instances[0].Id, $"Failed to start: {reason}", isError: true);
        await TidyAsync(CancellationToken.None);
        await PublishAsync(s => s with
        {
            State = new ResourceStateSnapshot(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error),
            FailureReason = reason,
            ExitCode = null,
        });
    }

    private async Task LaunchAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        if (launcher is null)
        {
            await RequireValueAsync(cancellationToken);
            await PublishAsync(s => s with { State = KnownResourceStates.Running });
            return;
        }

        var configuration = await InstanceConfiguration.ResolveAsync(instance, context, cancellationToken);
        var healthChecks = checks.For(plan, instance);
        var running = await launcher.LaunchAsync(instance, configuration, cancellationToken);
        _running = _running.Add(running);
        await context.Notifications.PublishUpdateAsync(Resource, instance.Id, s => s with
        {
            State = KnownResourceStates.Running,
            StartTimeStamp = context.Time.GetUtcNow().UtcDateTime,
            HealthReports = [.. healthChecks.Select(check => new HealthReportSnapshot(check.Name, null, null, null))],
            EnvironmentVariables = [.. configuration.Environment.Select(v => new EnvironmentVariableSnapshot(v.Key, v.Value, IsFromSpec: true))],
        });
        _watchers.Add(WatchAsync(instance, running, healthChecks));
    }

    private async Task RequireValueAsync(CancellationToken cancellationToken)
    {
        if (Resource is ParameterResource parameter)
        {
            await parameter.GetValueAsync(cancellationToken);
        }
    }

    private async Task WatchAsync(ResourceInstance instance, IRunningInstance running, IReadOnlyList<InstanceHealthCheck> healthChecks)
    {
        using var alive = CancellationTokenSource.CreateLinkedTokenSource(_life.Token);
        var health = healthChecks.Count == 0 ? Task.CompletedTask
            : new HealthMonitor(context.Notifications, context.Time).RunAsync(instance, healthChecks, alive.Token);
        var code = await running.Exited;
        await alive.CancelAsync();
        await health.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        var finished = code == 0 && !_life.IsCancellationRequested;
        await context.Notifications.PublishUpdateAsync(Resource, instance.Id, s => s with
        {
            State = finished ? KnownResourceStates.Finished
                : new ResourceStateSnapshot(KnownResourceStates.Exited, _life.IsCancellationRequested ? null : KnownResourceStateStyles.Error),
            ExitCode = code,
            HealthReports = [],
            IsReady = false,
            StopTimeStamp = context.Time.GetUtcNow().UtcDateTime,
        });
        if (context.Notifications.TryGetCurrentState(instance.Id, out var last))
        {
            await context.Eventing.PublishAsync(new ResourceStoppedEvent(Resource, context.Services, last), CancellationToken.None);
        }
    }

    private async Task AnnounceReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await context.Notifications.WaitForAllAsync(
                Resource.Name, s => ResourceCondition.IsStarted(s) && s.HealthStatus == HealthStatus.Healthy,
                WaitBehavior.WaitOnResourceUnavailable, cancellationToken);
            await context.Eventing.PublishAsync(new ResourceReadyEvent(Resource, context.Services), cancellationToken);
            await PublishAsync(s => s with { IsReady = ResourceCondition.IsStarted(s) });
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped before it was ready.
        }
        catch (Exception exception)
        {
            context.Logs.Write(plan.Instances[0].Id, $"A ready callback failed: {exception}", isError: true);
            await PublishAsync(s => s with { FailureReason = $"a ready callback failed: {exception.Message}" });
        }
    }

    /// <summary>Leaves nothing of the last start.</summary>
    private async Task TidyAsync(CancellationToken cancellationToken, bool leave = false)
    {
        await _life.CancelAsync();
        await Task.WhenAll(_running.Select(instance => leave
            ? instance.LeaveAsync(context.Settings.StopTimeout, cancellationToken)
            : instance.StopAsync(context.Settings.StopTimeout, cancellationToken)));
        await Task.WhenAll(_watchers);
        foreach (var proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }

        _running = [];
        _watchers.Clear();
        _proxies.Clear();
        _life.Dispose();
        _life = new CancellationTokenSource();
    }

    private static CustomResourceSnapshot Fresh(CustomResourceSnapshot old) =>
        old with { ExitCode = null, FailureReason = null, IsReady = false, HealthReports = [], StopTimeStamp = null };

    private Task PublishAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) =>
        context.Notifications.PublishUpdateAsync(Resource, change);
}
