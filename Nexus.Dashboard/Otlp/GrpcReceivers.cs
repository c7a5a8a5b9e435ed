using Grpc.Core;
using Nexus.Dashboard.Otlp.Wire;

namespace Nexus.Dashboard.Otlp;

/// <summary>Spans over gRPC.</summary>
internal sealed class GrpcTraceReceiver(TraceIntake intake) : TraceService.TraceServiceBase
{
    public override Task<ExportTraceServiceResponse> Export(ExportTraceServiceRequest request, ServerCallContext context) =>
        Task.FromResult(intake.Take(request));
}

/// <summary>Log records over gRPC.</summary>
internal sealed class GrpcLogReceiver(LogIntake intake) : LogsService.LogsServiceBase
{
    public override Task<ExportLogsServiceResponse> Export(ExportLogsServiceRequest request, ServerCallContext context) =>
        Task.FromResult(intake.Take(request));
}

/// <summary>Metrics over gRPC.</summary>
internal sealed class GrpcMetricReceiver(MetricIntake intake) : MetricsService.MetricsServiceBase
{
    public override Task<ExportMetricsServiceResponse> Export(ExportMetricsServiceRequest request, ServerCallContext context) =>
        Task.FromResult(intake.Take(request));
}
