using Microsoft.Extensions.Logging.Abstractions;
using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard.Tests.Fixtures;

/// <summary>A dashboard on free ports, over resources that a test makes up.</summary>
internal sealed class RunningDashboard : IAsyncDisposable
{
    public const string Token = "the-token-of-this-run";
    public const string Key = "the-key-of-this-run";

    private readonly DashboardServer _server;

    private RunningDashboard(DashboardServer server, FakeBoard board)
    {
        _server = server;
        Board = board;
    }

    public FakeBoard Board { get; }

    public DashboardServer Server => _server;

    public TelemetryStore Store => _server.Store;

    public static async Task<RunningDashboard> StartAsync(CancellationToken cancellationToken)
    {
        var board = new FakeBoard();
        var options = new DashboardOptions { ApplicationName = "Test application", BrowserToken = Token, OtlpApiKey = Key };
        return new RunningDashboard(
            await DashboardServer.StartAsync(options, board, TimeProvider.System, NullLoggerFactory.Instance, cancellationToken), board);
    }

    /// <summary>A client that keeps cookies and follows no redirect.</summary>
    public HttpClient CreateClient() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = _server.Url };

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
