using System.Net;
using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard;

/// <summary>Where the dashboard of a local run answers, and who may use it.</summary>
public sealed record DashboardOptions
{
    /// <summary>What the pages call the application.</summary>
    public string ApplicationName { get; init; } = "Nexus";

    /// <summary>Port of the pages, on the loopback addresses; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Port of OTLP over gRPC; 0 takes a free one, which only one address can have.</summary>
    public int OtlpGrpcPort { get; init; }

    /// <summary>Port of OTLP over HTTP; 0 takes a free one, which only one address can have.</summary>
    public int OtlpHttpPort { get; init; }

    /// <summary>Where both OTLP ports listen: the loopback address, and what else shall reach it (a container engine's bridge).</summary>
    public IReadOnlyList<IPAddress> OtlpAddresses { get; init; } = [IPAddress.Loopback];

    /// <summary>Opens the pages: part of the login address.</summary>
    public required string BrowserToken { get; init; }

    /// <summary>Opens the receiver: the value of the header <c>x-otlp-api-key</c>.</summary>
    public required string OtlpApiKey { get; init; }

    /// <summary>Who takes telemetry instead; then nothing listens for it here, and the pages say so.</summary>
    public string? TelemetryElsewhere { get; init; }

    /// <summary>How much telemetry is kept.</summary>
    public TelemetryLimits Limits { get; init; } = new();
}
