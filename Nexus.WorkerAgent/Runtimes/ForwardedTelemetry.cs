using System.Collections.Immutable;
using Nexus.Runtime;

namespace Nexus.WorkerAgent.Runtimes;

/// <summary>What of the agent's own telemetry settings its workloads get: where to send and how, nothing about who sends.</summary>
internal static class ForwardedTelemetry
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] Others =
    [
        "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_COMPRESSION",
        "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BLRP_SCHEDULE_DELAY", "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
    ];

    /// <summary>Null where the agent itself sends none.</summary>
    public static WorkloadTelemetry? Compute(Func<string, string?> read) =>
        Uri.TryCreate(read(Endpoint), UriKind.Absolute, out var endpoint)
            ? new WorkloadTelemetry(endpoint, Others
                .Select(name => KeyValuePair.Create(name, read(name) ?? ""))
                .Where(variable => variable.Value.Length > 0)
                .ToImmutableSortedDictionary(StringComparer.Ordinal))
            : null;
}
