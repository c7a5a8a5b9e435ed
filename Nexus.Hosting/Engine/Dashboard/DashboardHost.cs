using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nexus.Dashboard;
using Nexus.Hosting.Engine.Endpoints;

namespace Nexus.Hosting.Engine.Dashboard;

/// <summary>
/// Runs the dashboard beside the application. Without it everything else works: one that cannot start is told, not thrown.
/// </summary>
internal sealed class DashboardHost(EngineContext context) : IAsyncDisposable
{
    // Beside the pages' port, in Aspire's order.
    private const int GrpcAfterPages = 1;
    private const int HttpAfterPages = 2;

    private readonly FreePorts _ports = new(new Random());
    private DashboardServer? _server;

    /// <summary>The address that opens the pages; nothing while there are none.</summary>
    public Uri? LoginUrl => _server?.LoginUrl;

    /// <summary>Starts it, unless it is turned off, and says where it is or why it is not.</summary>
    public async Task<string?> StartAsync(CancellationToken cancellationToken)
    {
        var name = context.Services.GetRequiredService<IHostEnvironment>().ApplicationName;
        var settings = DashboardSettings.From(context.Services.GetRequiredService<IConfiguration>(), context.Settings, name);
        if (settings.Disabled)
        {
            return null;
        }

        try
        {
            _server = await StartAsync(settings, settings.Port, cancellationToken);
        }
        catch (IOException)
        {
            // Somebody took a port between our look and our listening.
            try
            {
                _server = await StartAsync(settings, 0, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                return $"There is no dashboard this time: {exception.Message}";
            }
        }

        if (_server.OtlpGrpcUrl is { } receiver)
        {
            context.Telemetry.Use(new OtlpSettings(receiver.ToString().TrimEnd('/'), "grpc", $"x-otlp-api-key={settings.OtlpApiKey}") { IsLive = true });
        }

        var elsewhere = context.Telemetry.Elsewhere is { } endpoint ? $" (telemetry goes to {endpoint})" : "";
        return $"Dashboard: {_server.LoginUrl}{elsewhere}";
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await server.DisposeAsync();
        }
    }

    private Task<DashboardServer> StartAsync(DashboardSettings settings, int port, CancellationToken cancellationToken)
    {
        var pages = FreeOr(port);
        var options = new DashboardOptions
        {
            ApplicationName = settings.ApplicationName,
            Port = pages,
            OtlpGrpcPort = FreeOr(port == 0 ? 0 : pages + GrpcAfterPages),
            OtlpHttpPort = FreeOr(port == 0 ? 0 : pages + HttpAfterPages),
            OtlpAddresses = [IPAddress.Loopback, .. ContainerBridge()],
            BrowserToken = settings.BrowserToken,
            OtlpApiKey = settings.OtlpApiKey,
            TelemetryElsewhere = context.Telemetry.Elsewhere,
        };
        return DashboardServer.StartAsync(
            options, new ResourceBoard(context), context.Time, context.Services.GetRequiredService<ILoggerFactory>(), cancellationToken);
    }

    private int FreeOr(int wanted) =>
        wanted is > 0 and <= IPEndPoint.MaxPort && !IsDeclared(wanted) && FreePorts.IsFree(wanted, IPAddress.Any) ? wanted : _ports.Next();

    /// <summary>Whether a resource will want it.</summary>
    private bool IsDeclared(int port) => context.Model.Resources
        .SelectMany(resource => resource.Annotations.OfType<EndpointAnnotation>())
        .Any(endpoint => endpoint.Port == port || endpoint.TargetPort == port);

    /// <summary>Where containers reach this machine. Engines in a virtual machine bring them to the loopback address by themselves.</summary>
    private static IEnumerable<IPAddress> ContainerBridge() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.Name == "docker0")
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Select(address => address.Address)
        .Where(address => address.AddressFamily == AddressFamily.InterNetwork);
}
