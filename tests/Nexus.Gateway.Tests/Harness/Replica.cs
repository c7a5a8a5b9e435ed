using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Nexus.Testing;

namespace Nexus.Gateway.Tests.Harness;

/// <summary>A replica: a real Kestrel in this process that answers with its name.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private WebApplication? _app;
    private Action<KestrelServerOptions>? _configure;
    private int _served;
    private int _socketsOpen;

    private Replica(string name) => Name = name;

    public string Name { get; }

    public int Port { get; private set; } = FreePort.Next();

    public int Served => Volatile.Read(ref _served);

    public int SocketsOpen => Volatile.Read(ref _socketsOpen);

    /// <summary>With what status clients closed their WebSockets.</summary>
    public ConcurrentQueue<int> SocketsClosed { get; } = new();

    /// <summary>What <c>/slow</c> waits for.</summary>
    public Func<Task>? OnSlow { get; set; }

    /// <summary>Answers this path by its own rules.</summary>
    public RequestDelegate? Special { get; set; }

    public static async Task<Replica> StartAsync(
        string name, CancellationToken cancellationToken, Action<KestrelServerOptions>? configure = null)
    {
        var replica = new Replica(name) { _configure = configure };
        await replica.StartAgainAsync(cancellationToken, samePort: true);
        return replica;
    }

    public async Task StartAgainAsync(CancellationToken cancellationToken, bool samePort = false)
    {
        Port = samePort ? Port : FreePort.Next();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            _configure?.Invoke(kestrel);
            kestrel.Listen(IPAddress.Loopback, Port);
        });
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(AnswerAsync);
        await _app.StartAsync(cancellationToken);
    }

    /// <summary>Stops listening and breaks every connection, as far as a process can do that to itself.</summary>
    public async Task KillAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync(new CancellationToken(canceled: true));
            await app.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _served);
        context.Response.Headers["X-Replica"] = Name;
        if (Special is { } special)
        {
            await special(context);
            return;
        }

        switch (context.Request.Path.Value)
        {
            case "/ws":
                await EchoSocketAsync(context);
                break;
            case "/large":
                await LargeFramesAsync(context);
                break;
            case "/slow":
                await (OnSlow?.Invoke() ?? Task.CompletedTask);
                await context.Response.WriteAsync("slow");
                break;
            case "/echo":
                await EchoAsync(context);
                break;
            case "/count":
                var counted = 0L;
                var buffer = new byte[64 * 1024];
                for (int read; (read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0;)
                {
                    counted += read;
                }

                await context.Response.WriteAsync(counted.ToString());
                break;
            case "/seen":
                await context.Response.WriteAsync(
                    string.Join('\n', context.Request.Headers.Select(h => $"{h.Key}: {h.Value}").Prepend($"path: {context.Request.Path}")));
                break;
            default:
                await context.Response.WriteAsync($"{Name} {context.Request.Path}");
                break;
        }
    }

    /// <summary>Sends frames of 3 MB, one after the other, as long as they are read.</summary>
    private static async Task LargeFramesAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        while (socket.State == WebSocketState.Open)
        {
            await socket.SendAsync(new byte[3_000_000], WebSocketMessageType.Binary, endOfMessage: true, context.RequestAborted);
        }
    }

    private static async Task EchoAsync(HttpContext context)
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private async Task EchoSocketAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        Interlocked.Increment(ref _socketsOpen);
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } got)
        {
            await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, context.RequestAborted);
        }

        SocketsClosed.Enqueue((int?)socket.CloseStatus ?? 0);
        Interlocked.Decrement(ref _socketsOpen);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", context.RequestAborted);
    }
}
