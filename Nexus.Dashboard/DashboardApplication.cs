using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MudBlazor;
using MudBlazor.Services;
using Nexus.Dashboard.Access;
using Nexus.Dashboard.Components;
using Nexus.Dashboard.Otlp;
using Nexus.Dashboard.Resources;
using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard;

/// <summary>Puts the dashboard together.</summary>
internal static class DashboardApplication
{
    /// <summary>Of one report of telemetry, compressed or not.</summary>
    private const int MaxReport = 16 * 1024 * 1024;

    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Where the pages listen; the second only where there is such a protocol, and not on a port that is chosen freely.</summary>
    public static IReadOnlyList<IPAddress> PageAddresses { get; } =
        Socket.OSSupportsIPv6 && HasLoopback6() ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];

    public static WebApplication Build(DashboardOptions options, IResourceBoard board, TimeProvider time, ILoggerFactory loggers)
    {
        // Empty: settings files, variables and ports of the process are the application's, not the dashboard's.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(DashboardApplication).Assembly.GetName().Name });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.AddSingleton(loggers);
        builder.Services.AddLogging();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(board);
        builder.Services.AddSingleton(time);
        AddReceiver(builder.Services, options);
        AddPages(builder.Services, options);
        var app = builder.Build();

        // Each port has its own application: no path of one answers on another.
        app.MapWhen(context => IsOtlp(context), UseReceiver);
        UsePages(app, options);
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, DashboardOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MaxReport;
        foreach (var address in options.Port == 0 ? [IPAddress.Loopback] : PageAddresses)
        {
            kestrel.Listen(address, options.Port, listen => listen.Protocols = HttpProtocols.Http1);
        }

        if (options.TelemetryElsewhere is not null)
        {
            return;
        }

        foreach (var address in options.OtlpAddresses)
        {
            kestrel.Listen(address, options.OtlpGrpcPort, listen => Mark(listen, HttpProtocols.Http2));
        }

        foreach (var address in options.OtlpAddresses)
        {
            kestrel.Listen(address, options.OtlpHttpPort, listen => Mark(listen, HttpProtocols.Http1));
        }

        static void Mark(ListenOptions listen, HttpProtocols protocols)
        {
            listen.Protocols = protocols;
            listen.Use(next => connection =>
            {
                connection.Features.Set(OtlpConnection.Instance);
                return next(connection);
            });
        }
    }

    private static bool IsOtlp(HttpContext context) => context.Features.Get<OtlpConnection>() is not null;

    private static void AddReceiver(IServiceCollection services, DashboardOptions options)
    {
        services.AddSingleton(new OtlpKey(new Access.Secret(options.OtlpApiKey)));
        services.AddSingleton(new TelemetryStore(options.Limits));
        services.AddSingleton(new TagReader(options.Limits));
        services.AddSingleton<TraceIntake>();
        services.AddSingleton<LogIntake>();
        services.AddSingleton<MetricIntake>();
        services.AddRequestDecompression();
        services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = MaxReport);
    }

    private static void UseReceiver(IApplicationBuilder app)
    {
        app.UseMiddleware<OtlpKeyGate>();
        app.UseRequestDecompression();
        app.UseRouting();
        app.UseEndpoints(endpoints =>
        {
            endpoints.MapGrpcService<GrpcTraceReceiver>();
            endpoints.MapGrpcService<GrpcLogReceiver>();
            endpoints.MapGrpcService<GrpcMetricReceiver>();
            endpoints.MapHttpReceivers();
        });
    }

    private static void AddPages(IServiceCollection services, DashboardOptions options)
    {
        services.AddRoutingCore();

        // Cookies end with the run that made them: its token is another next time.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
        {
            // Browsers tell no ports apart: without it two dashboards would throw each other out.
            cookie.Cookie.Name = $"nexus-dashboard-{options.Port}";
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.LoginPath = LoginEndpoints.Path;
            cookie.ReturnUrlParameter = "returnUrl";
        });
        services.AddAuthorization(authorization => authorization.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddCascadingAuthenticationState();
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddMudServices(mud => mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight);
    }

    private static void UsePages(WebApplication app, DashboardOptions options)
    {
        app.Use((context, next) =>
        {
            // Another site may not frame the pages, nor a page of another port of this machine open their live connection.
            context.Response.Headers.XFrameOptions = "DENY";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            if (context.Request.Headers.Origin is [{ } origin] && origin != $"{context.Request.Scheme}://{context.Request.Host}")
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return Task.CompletedTask;
            }

            return next(context);
        });
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.MapEmbeddedAssets();
        app.MapLogin(options);
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
    }

    private static bool HasLoopback6()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private sealed class OtlpConnection
    {
        public static readonly OtlpConnection Instance = new();
    }
}
