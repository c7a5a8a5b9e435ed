using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nexus.ServiceDefaults.Clocks;
using Nexus.ServiceDefaults.Health;
using Nexus.ServiceDefaults.Http;
using Nexus.ServiceDefaults.Logging;
using Nexus.ServiceDefaults.Loops;
using Nexus.ServiceDefaults.Memory;
using Nexus.ServiceDefaults.Secrets;
using Nexus.ServiceDefaults.Systemd;
using Nexus.ServiceDefaults.Telemetry;

namespace Nexus.ServiceDefaults;

/// <summary>What every Nexus process does the same way: one call before <c>Build</c>, one after.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>How long a service may take to finish its work after SIGTERM, unless <c>shutdownTimeoutSeconds</c> says
    /// otherwise.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Adds secrets from files, telemetry, health checks, HTTP resilience, logging, systemd, a <see cref="SteadyTime"/> as the <see cref="TimeProvider"/> and the return
    /// of the start's memory.
    /// Replaces the log providers the builder came with; whatever the configuration says goes before these defaults.
    /// </summary>
    /// <param name="builder">The application's builder.</param>
    /// <param name="serviceName">The name in telemetry and in the log file; the application's own name if null.
    /// <c>OTEL_SERVICE_NAME</c> goes before both.</param>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder, string? serviceName = null)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        var name = serviceName ?? builder.Environment.ApplicationName;

        builder.Configuration.AddSecretFiles(Environment.GetEnvironmentVariable);
        builder.Services.TryAddSingleton<TimeProvider>(new SteadyTime(TimeProvider.System));
        builder.Services.TryAddSingleton<LoopHeartbeats>();
        if (builder.Configuration["shutdownTimeoutSeconds"] is null)
        {
            builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
        }

        // Systemd first: it chooses a console format of its own, and ours replaces it.
        builder.Services.AddSystemdIntegration();
        builder.AddDefaultLogging(name);
        builder.AddTelemetry(name);
        builder.Services.AddDefaultHealth();
        builder.Services.AddHostedService(services => new StartupMemoryReturn(
            ProcessMemory.ReturnUnused,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<StartupMemoryReturn>>()));
        builder.Services.ConfigureHttpClientDefaults(http => http.AddDefaultResilience());
        return builder;
    }

    /// <summary>
    /// Maps <c>/health</c> (every check), <c>/alive</c> (the checks tagged <see cref="HealthTags.Live"/>) and
    /// <c>/metrics</c> (Prometheus). All three are open: name a <paramref name="port"/> where the service also listens to
    /// the public.
    /// </summary>
    /// <param name="app">An application whose builder had <see cref="AddServiceDefaults{TBuilder}"/>.</param>
    /// <param name="port">The only local port, by the socket and not by the Host header, on which they answer; on all
    /// others the paths belong to the application. Null: every port.</param>
    public static WebApplication MapDefaultEndpoints(this WebApplication app, int? port = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        IEndpointConventionBuilder[] endpoints =
        [
            .. app.MapHealth(),
            app.MapPrometheusScrapingEndpoint(DefaultPaths.Metrics).WithDisplayName("Prometheus metrics"),
        ];
        foreach (var endpoint in endpoints)
        {
            endpoint.AllowAnonymous().DisableHttpMetrics();
            if (port is { } only)
            {
                endpoint.WithMetadata(new LocalPortMetadata(only));
            }
        }

        return app;
    }
}
