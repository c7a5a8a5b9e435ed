using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nexus.Api.V1;
using Nexus.Consul;
using Nexus.Orchestrator;
using Nexus.Orchestrator.ControlLoops;
using Nexus.ServiceDefaults.Clocks;
using Nexus.ServiceDefaults.Loops;
using Nexus.Simulation.Tests.Consul;
using Nexus.Simulation.Tests.Engine;
using Nexus.WorkerAgent;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Peers;
using Nexus.WorkerAgent.Runtimes;
using Nexus.WorkerAgent.Workloads;
using Chance = Nexus.Simulation.Tests.Engine.Chance;

namespace Nexus.Simulation.Tests.Cluster;

/// <summary>A process of the product: its own registrations, its own loops, on a simulated clock, network and engine.</summary>
internal sealed class SimHost
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<IHostedService> _loops;

    private SimHost(SimProcess process, IServiceCollection services)
    {
        Process = process;
        Services = services.BuildServiceProvider();
        _loops = [.. Services.GetServices<IHostedService>().Where(s => s.GetType().Namespace!.StartsWith("Nexus.", StringComparison.Ordinal))];
    }

    public SimProcess Process { get; }

    public IServiceProvider Services { get; }

    public static SimHost Manager(SimProcess process, SimConsul consul, Chance chance, IMutation mutation, Dictionary<string, string?> settings)
    {
        var services = Basics(process, consul, chance, mutation);
        OrchestratorApp.AddLoops(services);
        services.AddSingleton(new Jitter(chance.NextDouble));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddOptions<OrchestratorOptions>().Bind(configuration.GetSection(OrchestratorOptions.Section));
        return new SimHost(process, services);
    }

    public static SimHost Agent(
        SimProcess process, SimConsul consul, SimNetwork network, Func<SimProcess, SimRuntime> runtime, Chance chance, IMutation mutation,
        Dictionary<string, string?> settings)
    {
        var services = Basics(process, consul, chance, mutation);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        services.AddSingleton<IConfiguration>(configuration);
        WorkerAgentApplication.AddAgent(services, configuration);
        services.AddSingleton<WorkerAgent.Convergence.Chance>(_ => chance.NextDouble);
        services.AddSingleton<IPeerNews, SilentPeers>();
        services.AddSingleton<IReplicaNetwork>(new SimReplicaNetwork(network, process));
        services.AddSingleton<RuntimeFactory>(p => new SimRuntimeFactory(
            p.GetRequiredService<WorkerOptions>(), p.GetRequiredService<AgentIdentity>(), () => runtime(process)));
        return new SimHost(process, services);
    }

    public void Start() => Process.Deliver(() =>
    {
        foreach (var loop in _loops)
        {
            loop.StartAsync(_stopping.Token).GetAwaiter().GetResult();
        }
    });

    private static ServiceCollection Basics(SimProcess process, SimConsul consul, Chance chance, IMutation mutation)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Information).AddProvider(new TraceLogs(process)));
        services.AddSingleton<TimeProvider>(mutation.TrustsWallClock ? process.Clock : new SteadyTime(process.Clock));
        services.AddSingleton<IServer>(new NoServer());
        services.AddSingleton<IHostApplicationLifetime>(new Started());
        services.AddSingleton<LoopHeartbeats>();
        services.AddSingleton(ClientOf(process, consul, chance, mutation));
        return services;
    }

    public static ConsulClient ClientOf(SimProcess process, SimConsul consul, Chance chance, IMutation mutation) =>
        new(new ConsulOptions(), process.Clock, null, new SimHandler(process, consul, chance.Fork(), mutation), chance.Fork().NextDouble);

    private sealed class SimRuntimeFactory(WorkerOptions options, AgentIdentity identity, Func<Nexus.Runtime.IContainerRuntime> create)
        : RuntimeFactory(options, identity, TimeProvider.System, static () => 0, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance)
    {
        public override Nexus.Runtime.IContainerRuntime CreateDocker() => create();
    }

    // The stream among agents is only speed; here the leader decides all.
    private sealed class SilentPeers : IPeerNews
    {
        public async IAsyncEnumerable<AllocationChange> ReadAsync(
            string apiAddress, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            yield break;
        }
    }

    private sealed class NoServer : IServer
    {
        public IFeatureCollection Features { get; } = new FeatureCollection();

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
            where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
        }
    }

    private sealed class Started : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted { get; } = new(canceled: true);

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }

    private sealed class TraceLogs(SimProcess process) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("Nexus.", StringComparison.Ordinal)
            ? this
            : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                process.World.Log(process.Name, $"{eventId.Id} {formatter(state, exception)}{(exception is null ? "" : " " + exception.GetType().Name)}");
            }
        }

        public void Dispose()
        {
        }
    }
}
