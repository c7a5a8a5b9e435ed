using System.Globalization;
using System.Net;

namespace Nexus.Samples.Web;

/// <summary>What the environment asks of the sample. The <c>NEXUS_*</c> variables are those a worker agent sets.</summary>
internal sealed record SampleSettings
{
    public IPAddress Bind { get; init; } = IPAddress.Any;

    public int Port { get; init; } = 8080;

    public string PathBase { get; init; } = "";

    /// <summary>What <c>/upstream</c> asks: the app behind this one.</summary>
    public Uri? Upstream { get; init; }

    /// <summary>Where telemetry goes; nowhere when unset.</summary>
    public string? OtlpEndpoint { get; init; }

    public bool IsTcp { get; init; }

    public TimeSpan StartDelay { get; init; }

    public bool CrashOnStart { get; init; }

    public bool NeverHealthy { get; init; }

    public string Allocation { get; init; } = "";

    public string Pool { get; init; } = "";

    public string Node { get; init; } = "";

    public string Revision { get; init; } = "";

    public string Version { get; init; } = "";

    public static SampleSettings FromEnvironment(Func<string, string?> read) => new()
    {
        Bind = read("BIND") is { Length: > 0 } bind ? IPAddress.Parse(bind) : IPAddress.Any,
        Port = Number(read("PORT"), 8080),
        PathBase = read("PATH_BASE") ?? "",
        Upstream = read("UPSTREAM") is { Length: > 0 } upstream ? new Uri(upstream, UriKind.Absolute) : null,
        OtlpEndpoint = read("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 } endpoint ? endpoint : null,
        IsTcp = string.Equals(read("MODE"), "tcp", StringComparison.OrdinalIgnoreCase),
        StartDelay = TimeSpan.FromMilliseconds(Number(read("START_DELAY_MS"), 0)),
        CrashOnStart = IsOn(read("CRASH_ON_START")),
        NeverHealthy = IsOn(read("NEVER_HEALTHY")),
        Allocation = read("NEXUS_ALLOCATION") ?? "",
        Pool = read("NEXUS_POOL") ?? "",
        Node = read("NEXUS_NODE") ?? "",
        Revision = read("NEXUS_REVISION") ?? "",
        Version = read("APP_VERSION") ?? "",
    };

    private static int Number(string? text, int fallback) =>
        string.IsNullOrEmpty(text) ? fallback : int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static bool IsOn(string? text) => text is "1" || string.Equals(text, "true", StringComparison.OrdinalIgnoreCase);
}
