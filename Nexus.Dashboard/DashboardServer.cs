using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nexus.Dashboard.Resources;
using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard;

/// <summary>
/// The dashboard: pages on one port, OTLP over gRPC on a second and over HTTP on a third. It lives in the process of whoever
/// starts it and shares nothing with that process's own host.
/// </summary>
public sealed class DashboardServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DashboardOptions _options;

    private DashboardServer(WebApplication app, DashboardOptions options)
    {
        _app = app;
        _options = options;
    }

    /// <summary>Where the pages answer.</summary>
    public required Uri Url { get; init; }

    /// <summary>Where telemetry is taken over gRPC; nowhere when somebody else takes it.</summary>
    public Uri? OtlpGrpcUrl { get; init; }

    /// <summary>Where telemetry is taken over HTTP; the paths of the signals come after it. Nowhere when somebody else takes it.</summary>
    public Uri? OtlpHttpUrl { get; init; }

    /// <summary>The address that opens the pages without a question.</summary>
    public Uri LoginUrl => new(Url, $"login?t={_options.BrowserToken}");

    internal TelemetryStore Store => _app.Services.GetRequiredService<TelemetryStore>();

    /// <summary>Starts it; on return it answers.</summary>
    /// <param name="options">Ports and secrets.</param>
    /// <param name="board">The application's resources.</param>
    /// <param name="time">The clock of the pages.</param>
    /// <param name="loggers">Where it tells what goes wrong.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">A port is taken.</exception>
    public static async Task<DashboardServer> StartAsync(
        DashboardOptions options, IResourceBoard board, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var app = DashboardApplication.Build(options, board, time, loggers);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        // In the order they were opened: pages, gRPC, HTTP, each on its first address first.
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(address => new Uri(address)).ToList();
        var pages = options.Port == 0 ? 1 : DashboardApplication.PageAddresses.Count;
        var url = new Uri($"http://localhost:{addresses[0].Port}");
        return options.TelemetryElsewhere is not null ? new DashboardServer(app, options) { Url = url } : new DashboardServer(app, options)
        {
            Url = url,
            OtlpGrpcUrl = new Uri($"http://127.0.0.1:{addresses[pages].Port}"),
            OtlpHttpUrl = new Uri($"http://127.0.0.1:{addresses[pages + options.OtlpAddresses.Count].Port}"),
        };
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
