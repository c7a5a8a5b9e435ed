using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Trace;

namespace Nexus.ServiceDefaults.Tests;

public sealed class TelemetryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_shows_the_meters_of_Nexus_the_runtime_and_ASP_NET()
    {
        using var meter = new Meter("Nexus.ServiceDefaults.Tests");
        await using var app = await TestApp.StartAsync(Cancel, map: app =>
        {
            app.MapGet("/work", () => "done");
            app.MapDefaultEndpoints();
        });
        meter.CreateCounter<long>("nexus.test.passes").Add(7);
        await app.Client.GetStringAsync("/work", Cancel);

        var text = await app.Client.GetStringAsync("/metrics", Cancel);

        Assert.Contains("nexus_test_passes_total", text, StringComparison.Ordinal);
        Assert.Contains("http_server_request_duration_seconds", text, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_collections_total", text, StringComparison.Ordinal);
        // Other tests of this process ask theirs: what must not be counted is their duration.
        Assert.DoesNotContain(
            text.Split('\n'),
            line => line.StartsWith("http_server_request_duration", StringComparison.Ordinal) && line.Contains("/health", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Otlp_gets_spans_and_logs_of_the_service_and_none_of_the_default_paths()
    {
        await using var collector = await OtlpCollector.StartAsync(Cancel);
        using var source = new ActivitySource("Nexus.ServiceDefaults.Tests");
        var settings = new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        };
        await using (var app = await TestApp.StartAsync(Cancel, settings, map: app =>
        {
            app.MapGet("/work", () => "done");
            app.MapDefaultEndpoints();
        }))
        {
            using (source.StartActivity("reconcile-span"))
            {
                await app.Client.GetStringAsync("/work", Cancel);
            }

            await app.Client.GetStringAsync("/alive", Cancel);
            await app.Client.GetStringAsync("/metrics", Cancel);
            app.App.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Nexus.Test")
                .Note("a line for the collector");
            await app.App.StopAsync(Cancel);
        }

        // Disposing of the app flushed the exporters.
        Assert.Contains("under-test", collector.TextOf("/v1/traces"), StringComparison.Ordinal);
        Assert.Contains("reconcile-span", collector.TextOf("/v1/traces"), StringComparison.Ordinal);
        // The server's spans are named after the route; the client's, which has all three addresses, after the method.
        Assert.Contains("GET /work", collector.TextOf("/v1/traces"), StringComparison.Ordinal);
        Assert.DoesNotContain("GET /alive", collector.TextOf("/v1/traces"), StringComparison.Ordinal);
        Assert.DoesNotContain("GET /metrics", collector.TextOf("/v1/traces"), StringComparison.Ordinal);
        Assert.Contains("a line for the collector", collector.TextOf("/v1/logs"), StringComparison.Ordinal);
        Assert.Contains("dotnet.gc.collections", collector.TextOf("/v1/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_endpoint_nothing_records_spans()
    {
        await using var app = await TestApp.StartAsync(Cancel);

        Assert.Null(app.App.Services.GetService<TracerProvider>());
    }

    [Fact]
    public async Task Shutdown_may_take_30_seconds_unless_the_configuration_says_otherwise()
    {
        await using var usual = await TestApp.StartAsync(Cancel);
        await using var quick = await TestApp.StartAsync(
            Cancel, configure: builder => builder.Configuration["shutdownTimeoutSeconds"] = "5");

        Assert.Equal(TimeSpan.FromSeconds(30), TimeoutOf(usual));
        Assert.NotEqual(TimeSpan.FromSeconds(30), TimeoutOf(quick));

        static TimeSpan TimeoutOf(TestApp app) =>
            app.App.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<HostOptions>>().Value.ShutdownTimeout;
    }

    /// <summary>A receiver of OTLP over HTTP that keeps the bodies. Names and text stand in protobuf as plain UTF-8.</summary>
    private sealed class OtlpCollector : IAsyncDisposable
    {
        private readonly ConcurrentQueue<(string Path, string Text)> _bodies = new();
        private readonly WebApplication _app;

        private OtlpCollector()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            _app = builder.Build();
            _app.MapPost("/{**path}", async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body, context.RequestAborted);
                _bodies.Enqueue((context.Request.Path, Encoding.UTF8.GetString(body.ToArray())));
            });
        }

        public string Address => _app.Urls.Single();

        public static async Task<OtlpCollector> StartAsync(CancellationToken cancellationToken)
        {
            var collector = new OtlpCollector();
            await collector._app.StartAsync(cancellationToken);
            return collector;
        }

        public string TextOf(string path) =>
            string.Concat(_bodies.Where(body => body.Path == path).Select(body => body.Text));

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
