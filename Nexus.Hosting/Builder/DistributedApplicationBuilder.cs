using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nexus.Hosting;
using Nexus.Hosting.Engine;
using Nexus.Hosting.Engine.Publishing;
using Nexus.Hosting.Testing;

namespace Aspire.Hosting;

/// <summary>The declaration of an application that runs on this engine.</summary>
internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder _host;
    private readonly TestingSession? _testing;
    private readonly bool _forwardsLogs;
    private readonly string[] _args;

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        _testing = TestingSession.Current;
        var settings = new HostApplicationBuilderSettings { Configuration = new ConfigurationManager() };
        _testing?.Configure(options, settings);
        AppHostAssembly = options.AssemblyName is { } name ? Assembly.Load(name) : _testing?.AppHostAssembly ?? Assembly.GetEntryAssembly();
        AppHostDirectory = FindDirectory(AppHostAssembly);
        var (args, switches) = CommandLineSwitches.Split(options.Args ?? []);
        if (options.DisableDashboard)
        {
            switches["Dashboard:Disabled"] = "true";
        }

        if (options.DashboardApplicationName is { } dashboardName)
        {
            switches["Dashboard:ApplicationName"] = dashboardName;
        }

        settings.Args = _args = args;
        settings.ApplicationName ??= AppHostAssembly?.GetName().Name;
        settings.ContentRootPath ??= AppHostDirectory;
        _host = new HostApplicationBuilder(settings);
        _host.Configuration.AddInMemoryCollection(switches);
        _host.Configuration.AddCommandLine(args, PublishSettings.Switches.ToDictionary(StringComparer.OrdinalIgnoreCase));
        // In front of all other sources: everything overrides it.
        _host.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = _testing?.Configuration ?? [] });
        if (_testing is not null)
        {
            // A test says itself where the logs go; a console that all tests share is of use to none.
            _host.Logging.ClearProviders();
        }

        _host.Logging.AddFilter("Microsoft", LogLevel.Warning);

        // It prints the stack of what Run says in one line.
        _host.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        _host.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        ExecutionContext = new DistributedApplicationExecutionContext(
            PublishSettings.TryReadOperation(Configuration, out var operation) ? operation : DistributedApplicationOperation.Run);
        _forwardsLogs = options.EnableResourceLogging;
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public string AppHostDirectory { get; }

    public Assembly? AppHostAssembly { get; }

    public IHostEnvironment Environment => _host.Environment;

    public IServiceCollection Services => _host.Services;

    public IDistributedApplicationEventing Eventing { get; } = new DistributedApplicationEventing();

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IDistributedApplicationPipeline Pipeline { get; } = new ApplicationPipeline();

    public IResourceCollection Resources { get; } = new ResourceCollection();

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        if (Resources.FirstOrDefault(r => string.Equals(r.Name, resource.Name, StringComparison.OrdinalIgnoreCase)) is { } taken)
        {
            throw new DistributedApplicationException(
                $"Cannot add the resource '{resource.Name}' of type '{resource.GetType().Name}': "
                + $"the name is taken by '{taken.Name}' of type '{taken.GetType().Name}'.");
        }

        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        _testing?.InterceptBuild(this);
        return BuildCore();
    }

    internal DistributedApplication BuildCore()
    {
        _ = PublishSettings.TryReadOperation(Configuration, out _) ? true
            : throw new DistributedApplicationException(PublishSettings.RefusedOperation(Configuration));
        EngineServices.Add(_host, this, EngineSettings.From(this, _testing) with { ForwardsLogs = _forwardsLogs, GivenParameters = DeclarationChecks.ParametersIn(_args) });
        return new DistributedApplication(_host.Build());
    }

    private static string FindDirectory(Assembly? assembly)
    {
        var recorded = Metadata("apphostprojectpath");
        if (recorded is not null && Metadata("apphostrelativepath") is { } relative)
        {
            recorded = BuiltPath.Resolve(assembly!.Location, relative, recorded);
        }

        return recorded is not null && Directory.Exists(recorded) ? recorded : Directory.GetCurrentDirectory();

        string? Metadata(string key) => assembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(a => string.Equals(a.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;
    }
}
