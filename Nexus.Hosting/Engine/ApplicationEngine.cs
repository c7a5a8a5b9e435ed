using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Nexus.Hosting.Engine.Containers;
using Nexus.Hosting.Engine.Dashboard;
using Nexus.Hosting.Engine.Endpoints;
using Nexus.Hosting.Engine.Health;
using Nexus.Hosting.Engine.Launch;
using Nexus.Hosting.Engine.Leftovers;
using Nexus.Hosting.Engine.Output;
using Nexus.Hosting.Engine.Processes;

namespace Nexus.Hosting.Engine;

/// <summary>Brings the declared application to life and to its end. Everything it starts is gone after <see cref="ShutDownAsync"/>.</summary>
internal sealed class ApplicationEngine(EngineContext context, DashboardHost dashboard) : IHostedService, IDisposable
{
    // Children that outlived their parents get little time: their parents had all of theirs.
    private static readonly TimeSpan SweepTimeout = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly ProcessRegister _register = new(context.Settings.StateDirectory);
    private readonly DockerCommand? _docker = DockerCommand.Find();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
    private List<ResourceRunner> _runners = [];
    private LeftoverReclaimer? _leftovers;
    private InstanceLock? _lock;
    private ApplicationOutput? _output;
    private Task? _shutDown;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        DeclarationChecks.Require(context);
        _lock = InstanceLock.Take(context.Settings);
        _leftovers = new LeftoverReclaimer(context.Settings, _register, _docker, context.Time);
        _output = ApplicationOutput.Start(context);
        if (await _leftovers.ReclaimAsync(cancellationToken) is { } reclaimed)
        {
            _output.Say(reclaimed);
        }

        await context.Eventing.PublishAsync(new BeforeStartEvent(context.Services, context.Model), cancellationToken);
        // Before the resources' ports are chosen: it listens on its own by then, so none of them is given away.
        if (await dashboard.StartAsync(cancellationToken) is { } told)
        {
            _output.Say(told);
        }

        await PrepareAsync(cancellationToken);
        await Task.WhenAll(_runners.Where(r => r.StartsByItself).Select(r => r.StartAsync(cancellationToken)));
        await context.Eventing.PublishAsync(new AfterResourcesCreatedEvent(context.Services, context.Model), cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => ShutDownAsync(cancellationToken);

    /// <summary>Stops everything, dependents first. Called again, it gives the same task.</summary>
    public Task ShutDownAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _shutDown ??= ShutDownCoreAsync(cancellationToken);
        }
    }

    /// <summary>Ends everything at once.</summary>
    public async Task KillAsync()
    {
        _output?.Mute();
        foreach (var runner in _runners)
        {
            runner.Kill();
        }

        foreach (var process in OwnerMark.Find(context.Settings.Owner))
        {
            Signals.Kill(process.Pid);
        }

        if (_leftovers is not null)
        {
            using var limit = new CancellationTokenSource(KillLimit, context.Time);
            await _leftovers.RemoveContainersAsync(limit.Token);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _runners.ForEach(runner => runner.Dispose());
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var allocator = new EndpointAllocator(new FreePorts(new Random()), context.Settings.RandomizePorts);
        var checks = new InstanceHealthChecks(_http, context.Services);
        await KeptPorts.ReadAsync(context.Model.Resources, _docker, context.Settings.Owner, cancellationToken);
        var plans = context.Model.Resources.Select(allocator.Allocate).ToList();
        _runners = [.. plans.Select(plan => new ResourceRunner(plan, context, LauncherOf(plan), checks))];
        _runners.Where(runner => runner.IsLaunched).ToList().ForEach(LifecycleCommands.Add);
        foreach (var runner in _runners)
        {
            await runner.AnnounceAsync();
            if (runner.Resource is IResourceWithEndpoints)
            {
                await context.Eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(runner.Resource, context.Services), cancellationToken);
            }
        }
    }

    private IInstanceLauncher? LauncherOf(ResourcePlan plan) => plan.Resource switch
    {
        ContainerResource => new ContainerLauncher(context, plan, _docker),
        ProjectResource or ExecutableResource => new ProcessLauncher(context, _register),
        _ => null,
    };

    private async Task ShutDownCoreAsync(CancellationToken cancellationToken)
    {
        if (_lock is null)
        {
            // Never started, or refused because another run holds the lock: nothing here is ours to stop.
            return;
        }

        var dependents = StopOrder.Compute([.. _runners.Select(r => r.Resource)]);
        var stops = new Dictionary<IResource, Task>();
        await Task.WhenAll(_runners.Select(runner => StopOfAsync(runner.Resource)));
        await dashboard.DisposeAsync();
        await _leftovers!.SweepProcessesAsync(SweepTimeout, CancellationToken.None);
        await _leftovers.RemoveContainersAsync(CancellationToken.None);
        _register.Clear();
        await _output!.DisposeAsync();
        _lock.Dispose();
        if (context.Settings.IsTest)
        {
            Directory.Delete(context.Settings.StateDirectory, recursive: true);
        }

        Task StopOfAsync(IResource resource)
        {
            if (!stops.TryGetValue(resource, out var stop))
            {
                stop = StopAfterAsync(_runners.Find(r => r.Resource == resource)!, [.. dependents[resource].Select(StopOfAsync)], cancellationToken);
                stops[resource] = stop;
            }

            return stop;
        }
    }

    private static async Task StopAfterAsync(ResourceRunner runner, Task[] dependents, CancellationToken cancellationToken)
    {
        await Task.WhenAll(dependents);
        await runner.LeaveAsync(cancellationToken);
    }
}
