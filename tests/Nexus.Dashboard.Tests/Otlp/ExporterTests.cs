using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Nexus.Dashboard.Telemetry;
using Nexus.Dashboard.Tests.Fixtures;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Nexus.Dashboard.Tests.Otlp;

/// <summary>The real exporter of the OpenTelemetry SDK as the sender, over both protocols.</summary>
public sealed class ExporterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public async Task Spans_arrive_with_all_they_say(OtlpExportProtocol protocol)
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        var name = $"test-{Guid.NewGuid():n}";
        using var source = new ActivitySource(name);
        ActivityTraceId id;
        using (Sdk.CreateTracerProviderBuilder().AddSource(name).SetResourceBuilder(Process)
            .AddOtlpExporter(options => Point(options, dashboard, protocol, "/v1/traces")).Build())
        {
            using var outer = source.StartActivity("outer", ActivityKind.Server)!;
            id = outer.TraceId;
            using var inner = source.StartActivity("inner")!;
            inner.SetTag("answer", 42);
            inner.AddException(new InvalidOperationException("it broke"));
            inner.SetStatus(ActivityStatusCode.Error, "broken");
        }

        Assert.True(TraceId.TryParse(id.ToHexString(), out var trace));
        var view = await Eventually.FindAsync(
            () => dashboard.Store.Traces.Find(trace) is { Spans.Count: 2 } found ? found : null, "both spans arrive", Token);
        var (first, second) = (view.Spans[0], view.Spans[1]);
        Assert.Equal(("outer", Nexus.Dashboard.Telemetry.SpanKind.Server, "worker-1"), (first.Name, first.Kind, first.Source.Name));
        Assert.Equal(first.Id, second.Parent);
        Assert.True(second.Failed);
        Assert.Equal("broken", second.StatusMessage);
        Assert.Contains(new Tag("answer", "42"), second.Tags);
        Assert.Contains(new Tag("exception.message", "it broke"), Assert.Single(second.Events).Tags);
        Assert.True(second.Duration > TimeSpan.Zero);
    }

    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public async Task Log_records_arrive_with_their_trace(OtlpExportProtocol protocol)
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        using (var activity = new Activity("work").SetIdFormat(ActivityIdFormat.W3C).Start())
        using (var loggers = LoggerFactory.Create(logging => logging.AddOpenTelemetry(options =>
        {
            options.IncludeFormattedMessage = true;
            options.SetResourceBuilder(Process);
            options.AddOtlpExporter(otlp => Point(otlp, dashboard, protocol, "/v1/logs"));
        })))
        {
#pragma warning disable CA1848, CA1873 // The message is the test's subject, not its log.
            loggers.CreateLogger("Nexus.Test").LogWarning("Node {Node} is lost", "n1");
#pragma warning restore CA1848, CA1873
        }

        var entry = await Eventually.FindAsync(() => dashboard.Store.Logs.List(new LogQuery()) is [var first, ..] ? first : null, "the record arrives", Token);
        Assert.Equal(("Node n1 is lost", LogSeverity.Warning, "Nexus.Test"), (entry.Message, entry.Severity, entry.Category));
        Assert.Equal([new Tag("Node", "n1")], entry.Tags);
        Assert.False(entry.Trace.IsEmpty);
    }

    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public async Task Metrics_of_every_kind_arrive(OtlpExportProtocol protocol)
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        var name = $"test-{Guid.NewGuid():n}";
        using var meter = new Meter(name);
        var counter = meter.CreateCounter<long>("requests", "{request}");
        var histogram = meter.CreateHistogram<double>("duration", "s");
        var exponential = meter.CreateHistogram<double>("size", "By");
        meter.CreateObservableGauge("level", () => 3.5);
        using (var provider = Sdk.CreateMeterProviderBuilder().AddMeter(name).SetResourceBuilder(Process)
            .AddView("size", new Base2ExponentialBucketHistogramConfiguration())
            .AddOtlpExporter((options, _) => Point(options, dashboard, protocol, "/v1/metrics")).Build())
        {
            for (var report = 0; report < 3; report++)
            {
                counter.Add(7, new KeyValuePair<string, object?>("pool", "web"));
                histogram.Record(0.2);
                exponential.Record(1_000);
                Assert.True(provider.ForceFlush());
            }
        }

        var source = Assert.Single(dashboard.Store.Sources.All);
        Assert.Equal(["duration", "level", "requests", "size"], dashboard.Store.Metrics.Instruments(source).Select(i => i.Name));
        Assert.Equal("pool=web", Assert.Single(View("requests").Series).Name);
        Assert.All(View("requests").Series[0].Points.Take(2), p => Assert.True(p.Value > 0));
        Assert.Equal(3.5, View("level").Series[0].Points[0].Value);
        Assert.InRange(View("duration").Series[0].Points[0].P50, 0, 5);
        Assert.InRange(View("size").Series[0].Points[0].P50, 900, 1_100);

        InstrumentView View(string instrument) => dashboard.Store.Metrics.Find(source, name, instrument)!;
    }

    private static ResourceBuilder Process => ResourceBuilder.CreateEmpty().AddService("worker", serviceInstanceId: "worker-1");

    private static void Point(OtlpExporterOptions options, RunningDashboard dashboard, OtlpExportProtocol protocol, string path)
    {
        options.Protocol = protocol;
        options.Endpoint = protocol == OtlpExportProtocol.Grpc ? dashboard.Server.OtlpGrpcUrl! : new Uri(dashboard.Server.OtlpHttpUrl!, path);
        options.Headers = $"x-otlp-api-key={RunningDashboard.Key}";
    }
}
