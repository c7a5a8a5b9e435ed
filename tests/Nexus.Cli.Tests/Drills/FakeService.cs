using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Nexus.Cli.Tests.Drills;

/// <summary>A web service that answers as the test wants.</summary>
internal sealed class FakeService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, bool> _connections = new(StringComparer.Ordinal);

    private FakeService(WebApplication app) => _app = app;

    /// <summary>What to answer; 0 breaks the connection, -1 never answers.</summary>
    public int Status { get; set; } = 200;

    public Uri Address => new(_app.Urls.Single());

    public int Connections => _connections.Count;

    public static async Task<FakeService> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var service = new FakeService(builder.Build());
        service._app.Run(service.AnswerAsync);
        await service._app.StartAsync(TestContext.Current.CancellationToken);
        return service;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        _connections[context.Connection.Id] = true;
        switch (Status)
        {
            case 0:
                context.Abort();
                break;
            case -1:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            default:
                context.Response.StatusCode = Status;
                await context.Response.WriteAsync("said");
                break;
        }
    }
}
