using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Serialization;

namespace Nexus.Samples.Web;

/// <summary>Who answered: enough for a test to tell replicas and revisions apart.</summary>
internal sealed record WhoAmI(
    string Allocation, string Pool, string Node, string Revision, string Hostname, int Pid, string Version);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WhoAmI))]
internal sealed partial class SampleJsonContext : JsonSerializerContext;

/// <summary>A web app that tells who it is and misbehaves on request.</summary>
internal static class WebSample
{
    private const int MaxBytes = 256 * 1024 * 1024;

    public static WebApplication Build(SampleSettings settings, TimeProvider time)
    {
        // Watching settings files that do not exist takes a third of the start.
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(new IPEndPoint(settings.Bind, settings.Port)));
        if (settings.OtlpEndpoint is not null)
        {
            SampleTelemetry.Add(builder);
        }

        builder.Services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, SampleJsonContext.Default));

        var app = builder.Build();
        var switches = new Switches(settings, time);
        if (settings.PathBase.Length > 0)
        {
            app.UsePathBase(settings.PathBase);
        }

        // First, so that a hung app answers nothing at all, its health included.
        app.Use(async (context, next) =>
        {
            await switches.WaitAsync(context.RequestAborted);
            await next(context);
        });
        app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"listening on {settings.Bind}:{settings.Port}"));
        app.UseRouting();
        app.UseWebSockets();
        app.MapIdentity(settings);
        app.MapUpstream(settings);
        app.MapHealth(switches);
        app.MapSwitches(switches);
        app.MapBodies(time);
        return app;
    }

    private static void MapIdentity(this WebApplication app, SampleSettings settings)
    {
        var me = new WhoAmI(
            settings.Allocation, settings.Pool, settings.Node, settings.Revision,
            Environment.MachineName, Environment.ProcessId, settings.Version);
        app.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], () => $"Hello from pool '{me.Pool}', allocation '{me.Allocation}', host {me.Hostname}\n");
        app.MapGet("/whoami", () => me);
    }

    /// <summary>Asks another app, so that a trace has somewhere to go.</summary>
    private static void MapUpstream(this WebApplication app, SampleSettings settings)
    {
        var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        app.Lifetime.ApplicationStopped.Register(http.Dispose);
        app.MapGet("/upstream", async (CancellationToken cancellationToken) =>
        {
            if (settings.Upstream is not { } upstream)
            {
                return Results.Text("There is nobody behind this app: set UPSTREAM to an address.\n", statusCode: StatusCodes.Status404NotFound);
            }

            try
            {
                return Results.Text(await http.GetStringAsync(upstream, cancellationToken), "application/json");
            }
            catch (HttpRequestException e)
            {
                return Results.Text($"{upstream} did not answer: {e.Message}\n", statusCode: StatusCodes.Status502BadGateway);
            }
        });
    }

    private static void MapHealth(this WebApplication app, Switches switches)
    {
        app.MapGet("/health", () => Results.Text($"{switches.HealthStatus}\n", statusCode: switches.HealthStatus));
        app.MapGet("/ready", () => Results.Text($"{switches.HealthStatus}\n", statusCode: switches.HealthStatus));
    }

    private static void MapSwitches(this WebApplication app, Switches switches)
    {
        var group = app.MapGroup("/switch");
        group.MapPost("/crash", (int? code) =>
        {
            Console.WriteLine($"switch: crash, leaving with code {code ?? 1}");
            Environment.Exit(code ?? 1);
        });
        group.MapPost("/hang", (int? seconds) =>
        {
            Console.WriteLine($"switch: hang, answering nothing for {seconds ?? 3600} s");
            switches.Hang(TimeSpan.FromSeconds(seconds ?? 3600));
        });
        group.MapPost("/slow", (int ms) =>
        {
            Console.WriteLine($"switch: slow, each request takes {ms} ms longer");
            switches.Slow = TimeSpan.FromMilliseconds(ms);
        });
        group.MapPost("/leak", (int mb) => $"{switches.Leak(mb)} MB leaked\n");
        group.MapPost("/health", (int status) =>
        {
            Console.WriteLine($"switch: health, answering {status} from now on");
            switches.HealthStatus = status;
        });
    }

    private static void MapBodies(this WebApplication app, TimeProvider time)
    {
        app.MapPost("/echo", async context =>
        {
            context.Response.ContentType = context.Request.ContentType;
            await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
        app.MapGet("/bytes", (int n) => Results.Stream(body => WriteBytesAsync(body, n), "application/octet-stream"));
        app.MapGet("/stream", (int? count, int? intervalMs, HttpContext context) =>
            WriteChunksAsync(context, count ?? 10, TimeSpan.FromMilliseconds(intervalMs ?? 100), time));
        app.Map("/ws", EchoWebSocketAsync);
    }

    private static async Task WriteBytesAsync(Stream body, int count)
    {
        var block = new byte[64 * 1024];
        block.AsSpan().Fill((byte)'x');
        for (var left = Math.Clamp(count, 0, MaxBytes); left > 0; left -= block.Length)
        {
            await body.WriteAsync(block.AsMemory(0, Math.Min(left, block.Length)));
        }
    }

    private static async Task WriteChunksAsync(HttpContext context, int count, TimeSpan interval, TimeProvider time)
    {
        context.Response.ContentType = "text/plain";
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
            {
                await Task.Delay(interval, time, context.RequestAborted);
            }

            await context.Response.WriteAsync($"{i}\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private static async Task EchoWebSocketAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
                return;
            }

            await socket.SendAsync(
                buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        }
    }
}
