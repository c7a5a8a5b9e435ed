using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Tests;

public sealed class ForwardedTelemetryTests
{
    [Fact]
    public void Compute_passes_on_where_and_how_to_send_and_not_who_sends()
    {
        var agent = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:18889",
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-otlp-api-key=k",
            ["OTEL_TRACES_SAMPLER"] = "always_on",
            ["OTEL_SERVICE_NAME"] = "worker-1",
            ["OTEL_RESOURCE_ATTRIBUTES"] = "service.instance.id=worker-1",
            ["PATH"] = "/bin",
        };

        var forwarded = ForwardedTelemetry.Compute(agent.GetValueOrDefault)!;

        Assert.Equal(new Uri("http://127.0.0.1:18889"), forwarded.Endpoint);
        Assert.Equal(["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_TRACES_SAMPLER"], forwarded.Others.Keys);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("nowhere")]
    public void Compute_passes_nothing_on_where_the_agent_sends_nothing(string? endpoint) =>
        Assert.Null(ForwardedTelemetry.Compute(name => name == "OTEL_EXPORTER_OTLP_ENDPOINT" ? endpoint : "x"));
}
