using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using Nexus.Samples.Web;

namespace Nexus.Samples.Tests;

public sealed class WebSampleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoami_tells_what_the_worker_agent_said()
    {
        var environment = new Dictionary<string, string?>
        {
            ["NEXUS_ALLOCATION"] = "web-0-abc",
            ["NEXUS_POOL"] = "web",
            ["NEXUS_NODE"] = "n1",
            ["NEXUS_REVISION"] = "7",
            ["APP_VERSION"] = "v2",
        };
        await using var sample = await RunningSample.StartAsync(
            SampleSettings.FromEnvironment(name => environment.GetValueOrDefault(name)), Cancel);

        var me = await sample.Client.GetFromJsonAsync<WhoAmI>("/whoami", Cancel);

        Assert.Equal(
            new WhoAmI("web-0-abc", "web", "n1", "7", Environment.MachineName, Environment.ProcessId, "v2"), me);
        Assert.Contains("web-0-abc", await sample.Client.GetStringAsync("/", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_base_is_answered_with_and_without_it()
    {
        await using var sample = await RunningSample.StartAsync(new SampleSettings { PathBase = "/api" }, Cancel);

        Assert.Equal(HttpStatusCode.OK, await sample.StatusOfAsync("/api/whoami", Cancel));
        Assert.Equal(HttpStatusCode.OK, await sample.StatusOfAsync("/health", Cancel));
        Assert.Equal(HttpStatusCode.NotFound, await sample.StatusOfAsync("/other/whoami", Cancel));
    }

    [Fact]
    public async Task Health_switches_both_ways()
    {
        await using var sample = await RunningSample.StartAsync(new SampleSettings(), Cancel);
        Assert.Equal(HttpStatusCode.OK, await sample.StatusOfAsync("/health", Cancel));

        await sample.SwitchAsync("health?status=500", Cancel);
        Assert.Equal(HttpStatusCode.InternalServerError, await sample.StatusOfAsync("/health", Cancel));
        await sample.SwitchAsync("health?status=200", Cancel);

        Assert.Equal(HttpStatusCode.OK, await sample.StatusOfAsync("/ready", Cancel));
    }

    [Fact]
    public async Task Never_healthy_serves_but_fails_its_checks()
    {
        await using var sample = await RunningSample.StartAsync(new SampleSettings { NeverHealthy = true }, Cancel);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await sample.StatusOfAsync("/health", Cancel));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await sample.StatusOfAsync("/ready", Cancel));
        Assert.Equal(HttpStatusCode.OK, await sample.StatusOfAsync("/whoami", Cancel));
    }

    [Fact]
    public async Task Hang_holds_every_later_request_the_health_check_too()
    {
        await using var sample = await RunningSample.StartAsync(new SampleSettings(), Cancel);
        await sample.SwitchAsync("hang?seconds=3600", Cancel);

        // Nothing signals "no answer": each of these would be there within milliseconds.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromMilliseconds(500));
        var answers = new[] { "/health", "/", "/whoami" }.Select(path => sample.StatusOfAsync(path, patience.Token));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAny(answers).Unwrap());
    }

    [Fact]
    public async Task Slow_takes_at_least_as_long_as_asked_and_ends()
    {
        await using var sample = await RunningSample.StartAsync(new SampleSettings(), Cancel);
        await sample.SwitchAsync("slow?ms=300", Cancel);

        var start = TimeProvider.System.GetTimestamp();
        await sample.StatusOfAsync("/", Cancel);

        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds, 290, double.MaxValue);
    }

    [Fact]
    public async Task Leak_holds_what_it_took()
    {
        await using var sample = await RunningSample.StartAsync(new SampleSettings(), Cancel);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await sample.SwitchAsync("leak?mb=64", Cancel);

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, 48L * 1024 * 1024, long.MaxValue);
    }

    [Fact]
    public async Task Bodies_come_back_whole()
    {
        await using var sample = await RunningSample.StartAsync(new SampleSettings(), Cancel);

        using var echo = await sample.Client.PostAsync("/echo", new StringContent("hello", Encoding.UTF8, "text/x-test"), Cancel);
        var bytes = await sample.Client.GetByteArrayAsync("/bytes?n=200001", Cancel);
        var stream = await sample.Client.GetStringAsync("/stream?count=3&intervalMs=1", Cancel);

        Assert.Equal("hello", await echo.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("text/x-test", echo.Content.Headers.ContentType?.MediaType);
        Assert.Equal(200_001, bytes.Length);
        Assert.Equal("0\n1\n2\n", stream);
    }

    [Fact]
    public async Task Ws_echoes_and_closes_politely()
    {
        await using var sample = await RunningSample.StartAsync(new SampleSettings(), Cancel);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(sample.Client.BaseAddress!) { Scheme = "ws", Path = "/ws" }.Uri, Cancel);

        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Cancel);
        var buffer = new byte[64];
        var received = await socket.ReceiveAsync(buffer.AsMemory(), Cancel);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancel);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, received.Count));
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }
}
