using System.Diagnostics;
using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Nexus.Cli;

/// <summary>
/// Spans of commands that change something, as the beginning of what the cluster does about it. Sent by the standard variables
/// (<c>OTEL_*</c>), and only where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.
/// </summary>
internal static class CommandTraces
{
    /// <summary>A collector that does not answer must not keep anybody waiting.</summary>
    private const int FlushMilliseconds = 2_000;

    private const string Http = "System.Net.Http";
    private static readonly ActivitySource Source = new("Nexus.Cli");

    /// <summary>The span of a change; requests within it belong to it.</summary>
    public static Activity? Begin(string command) => Source.StartActivity($"nexus {command}");

    /// <summary>Sends spans until it is disposed, if they are wanted.</summary>
    public static IDisposable? Send(Func<string, string?> variable) =>
        string.IsNullOrWhiteSpace(variable("OTEL_EXPORTER_OTLP_ENDPOINT")) ? null : new Sender(variable("OTEL_SERVICE_NAME") ?? "nexus");

    private sealed class Sender(string name) : IDisposable
    {
        private readonly TracerProvider _provider = Build(name);

        public void Dispose()
        {
            _provider.Shutdown(FlushMilliseconds);
            _provider.Dispose();
        }

        /// <summary>A method of its own: without a collector nothing of OpenTelemetry is loaded.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static TracerProvider Build(string name) => OpenTelemetry.Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService(name, autoGenerateServiceInstanceId: false))
            .SetSampler(new ParentBasedSampler(new ChangesOnly()))
            .AddSource(Source.Name, Http)
            .AddOtlpExporter()
            .Build();
    }

    /// <summary>Requests outside of a change, such as those of a command that looks on, begin no trace.</summary>
    private sealed class ChangesOnly : Sampler
    {
        public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
            new(samplingParameters.Name.StartsWith("nexus ", StringComparison.Ordinal) ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);
    }
}
