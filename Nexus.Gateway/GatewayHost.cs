using Nexus.Consul;
using Nexus.Gateway.Admin;
using Nexus.Gateway.Catalog;
using Nexus.Gateway.Draining;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Forwarding;
using Nexus.Gateway.Headers;
using Nexus.Gateway.Limits;
using Nexus.Gateway.Live;
using Nexus.Gateway.Observability;
using Nexus.Gateway.Reporting;
using Nexus.Gateway.Routing;
using Nexus.Gateway.Streams;
using Nexus.ServiceDefaults;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Nexus.Gateway;

/// <summary>Puts the gateway together.</summary>
internal static class GatewayHost
{
    /// <summary>The application, ready to run.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="configure">The last word on services; for tests.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // Slim: without IIS, QUIC and static files, none of which a gateway has; TLS it has.
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.AddServiceDefaults("nexus-gateway");
        builder.Services.AddOptionsWithValidateOnStart<GatewayOptions, GatewayOptionsValidator>()
            .Bind(builder.Configuration.GetSection(GatewayOptions.Section));
        var options = builder.Configuration.GetSection(GatewayOptions.Section).Get<GatewayOptions>() ?? new GatewayOptions();
        builder.AddListeners(options);
        builder.Services.AddTrustedProxies(options);
        builder.Services.AddConsulClient(builder.Configuration);
        AddRouting(builder.Services);
        AddForwarding(builder.Services);
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseMiddleware<OverloadGuard>();
        app.UseSecurityHeaders();
        app.UseMiddleware<RequestGuard>();
        if (options.TrustedProxies.Length > 0)
        {
            app.UseForwardedHeaders();
        }

        app.UseMiddleware<RouteMatchMiddleware>();
        app.UseRouting();
        app.MapDefaultEndpoints(options.AdminUrl.Port);
        app.MapGatewayEndpoints(options.AdminUrl.Port);
        app.MapReverseProxy(proxy => proxy.UseMiddleware<RequestLimitsMiddleware>().UseMiddleware<AttemptMiddleware>());
        return app;
    }

    private static void AddRouting(IServiceCollection services)
    {
        services.AddSingleton<GatewayTelemetry>();
        services.AddSingleton<RoutingState>();
        services.AddSingleton<RoutingInputs>();
        services.AddSingleton<RoutingFile>();
        services.AddSingleton<RoutingApplier>();
        services.AddSingleton<EjectionBook>();
        services.AddSingleton<DestinationProbe>();
        services.AddSingleton<LivePools>();
        services.AddSingleton<ReportSignal>();
        services.AddSingleton<SpecSource>();
        services.AddSingleton<Ejector>();
        services.AddSingleton<IRoutingUpdates>(provider => provider.GetRequiredService<Ejector>());
        services.AddSingleton<SecurityHeaderPolicies>();
        services.AddSecurityHeaders();
        services.AddHealthChecks().AddCheck<RoutingHealthCheck>("routing");

        // In this order: routes of the last run first, then Consul's word, then what only follows.
        services.AddHostedService<RoutingLoop>();
        services.AddHostedService<CatalogWatcher>();
        services.AddHostedService<StateWatcher>();
        services.AddHostedService<AgentStreams>();
        services.AddHostedService<RoutingFileWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<DrainLoop>());
        services.AddHostedService<CleanStop>();
        services.AddHostedService<ReconnectProber>();
        services.AddHostedService<AbsenceProber>();
        services.AddHostedService<OutlierDetector>();
        services.AddSingleton<GatewayRegistration>();
        services.AddSingleton<EvidenceComposer>();
        services.AddSingleton<ReportComposer>();
        services.AddSingleton<NodeDoubts>();
        services.AddSingleton<DrainLoop>();
        services.AddSingleton<Leaving>();
        services.AddSingleton<Chance>();
        services.AddSingleton<AgentStream>();
        services.AddHostedService(provider => provider.GetRequiredService<GatewayRegistration>());
        services.AddHostedService<ReportLoop>();
    }

    private static void AddForwarding(IServiceCollection services)
    {
        services.AddSingleton<ProxyConfigSource>();
        services.AddSingleton<ProxyRoutes>();
        services.AddSingleton<IProxyConfigProvider>(provider => provider.GetRequiredService<ProxyConfigSource>());
        services.AddSingleton<IConfigChangeListener>(provider => provider.GetRequiredService<ProxyConfigSource>());
        services.AddSingleton<Attempts>();
        services.AddSingleton<UpstreamRequests>();
        services.AddHostedService<BadRequests>();
        services.AddSingleton<SchedulingDelay>();
        services.AddHostedService(provider => provider.GetRequiredService<SchedulingDelay>());
        services.AddSingleton<IForwarderHttpClientFactory, UpstreamClientFactory>();
        services.AddReverseProxy().AddTransforms<TraceContextTransform>().AddTransforms<ForwardedRequestTransform>().AddTransforms<AnswerTransform>();
        RemoveKeyRingLoader(services);
    }

    /// <summary>YARP brings data protection for its encrypted affinity cookies, whose keys are read and written at the start. The
    /// keys of a cookie that somebody asks for are still made then; nobody else pays for reading XML.</summary>
    private static void RemoveKeyRingLoader(IServiceCollection services)
    {
        var loader = services.FirstOrDefault(service => service.ServiceType == typeof(IHostedService)
            && service.ImplementationType?.Namespace?.StartsWith("Microsoft.AspNetCore.DataProtection", StringComparison.Ordinal) == true);
        if (loader is not null)
        {
            services.Remove(loader);
        }
    }
}
