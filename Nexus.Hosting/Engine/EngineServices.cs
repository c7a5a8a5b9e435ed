using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nexus.Hosting.Engine.Dashboard;
using Nexus.Hosting.Engine.Publishing;

namespace Nexus.Hosting.Engine;

/// <summary>What every part of the engine works with.</summary>
internal sealed record EngineContext(
    EngineSettings Settings,
    DistributedApplicationModel Model,
    IDistributedApplicationEventing Eventing,
    DistributedApplicationExecutionContext ExecutionContext,
    ResourceNotificationService Notifications,
    ResourceLoggerService Logs,
    TelemetryTarget Telemetry,
    IServiceProvider Services,
    TimeProvider Time);

/// <summary>Puts the engine into the application's services.</summary>
internal static class EngineServices
{
    // Longer than the resources' own stop timeout times the usual depth of dependencies: the engine has its own limits.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromMinutes(2);

    public static void Add(HostApplicationBuilder host, IDistributedApplicationBuilder builder, EngineSettings settings)
    {
        var services = host.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton(new DistributedApplicationModel(builder.Resources));
        services.AddSingleton(builder.Eventing);
        services.AddSingleton(builder.ExecutionContext);
        services.AddSingleton(_ => new ResourceLoggerService());
        services.AddSingleton(provider => new ResourceNotificationService(
            provider.GetRequiredService<DistributedApplicationModel>(), provider.GetRequiredService<ResourceLoggerService>(), provider));
        services.AddSingleton(provider => new ResourceCommandService(provider));
        services.AddSingleton<TelemetryTarget>();
        services.AddSingleton<EngineContext>();
        services.AddSingleton<DashboardHost>();
        services.AddSingleton<ApplicationEngine>();
        if (builder.ExecutionContext.IsPublishMode)
        {
            services.AddSingleton(builder.Pipeline);
            services.AddSingleton(PublishSettings.From(builder.Configuration));
            services.AddSingleton<OutputSlot>();
            services.AddSingleton<IPipelineOutputService>(provider => provider.GetRequiredService<OutputSlot>());
        }
        else
        {
            services.AddHostedService(provider => provider.GetRequiredService<ApplicationEngine>());
        }

        services.AddHealthChecks();

        // The dashboard's cookies end with the run on purpose; it would warn of that at every start.
        services.Configure<LoggerFilterOptions>(options => options.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error));
        services.Configure<ConsoleLifetimeOptions>(options => options.SuppressStatusMessages = true);
        services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
    }
}
