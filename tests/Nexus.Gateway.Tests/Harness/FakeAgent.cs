using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.Testing;

namespace Nexus.Gateway.Tests.Harness;

/// <summary>What of a worker agent a gateway listens to: one stream of news, for one gateway at a time.</summary>
internal sealed class FakeAgent : IAsyncDisposable
{
    private readonly Channel<AllocationChange?> _changes = Channel.CreateUnbounded<AllocationChange?>();
    private readonly WebApplication _app;
    private readonly string _node;
    private int _connections;

    private FakeAgent(WebApplication app, string node, int port) => (_app, _node, Port) = (app, node, port);

    public int Port { get; }

    public int Connections => Volatile.Read(ref _connections);

    public static async Task<FakeAgent> StartAsync(string node, CancellationToken cancellationToken)
    {
        var port = FreePort.Next();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var agent = new FakeAgent(builder.Build(), node, port);
        agent._app.MapGet(Routes.AllocationChanges, agent.StreamAsync);
        await agent._app.StartAsync(cancellationToken);
        return agent;
    }

    /// <summary>What the agent writes to Consul of itself.</summary>
    public byte[] Record() => StateJson.Write(
        new NodeRecord
        {
            Node = new NodeName(_node),
            Capacity = new NodeCapacity(1000, 1),
            Arch = "amd64",
            Address = "127.0.0.1",
            ApiAddress = $"http://127.0.0.1:{Port}",
            ConsulNode = _node,
            AgentVersion = "0",
        },
        StateJson.Default.NodeRecord);

    public void Say(AllocationChangeKind kind, string pool, string allocation, int attempt = 0, int? port = null) =>
        _changes.Writer.TryWrite(new AllocationChange(
            allocation, pool, "r1", _node, attempt, kind, port is null ? null : "127.0.0.1", port));

    /// <summary>Ends the stream under way.</summary>
    public void BreakOff() => _changes.Writer.TryWrite(null);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task StreamAsync(HttpContext context)
    {
        Interlocked.Increment(ref _connections);
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await foreach (var change in _changes.Reader.ReadAllAsync(context.RequestAborted))
        {
            if (change is null)
            {
                return;
            }

            await context.Response.WriteAsync(
                $"data: {JsonSerializer.Serialize(change, ApiJson.Default.AllocationChange)}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
