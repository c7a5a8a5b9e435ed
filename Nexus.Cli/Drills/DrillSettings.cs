using Nexus.Cli.Drills.Load;

namespace Nexus.Cli.Drills;

/// <summary>What a drill does.</summary>
internal sealed record DrillSettings
{
    /// <summary>The pool that is hurt and asked.</summary>
    public required string Pool { get; init; }

    /// <summary>Where its requests go.</summary>
    public required IReadOnlyList<Uri> Urls { get; init; }

    public HttpMethod Method { get; init; } = HttpMethod.Get;

    public LoadRates Rates { get; init; } = new(500, 200);

    /// <summary>Names of the faults, in order; empty for all that can run here.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>How often each fault is caused.</summary>
    public int Times { get; init; } = 1;

    /// <summary>Replicas to scale to and back from; null for twice as many.</summary>
    public int? ScaleTo { get; init; }

    /// <summary>How long all managers, or all Consul servers, stay away.</summary>
    public TimeSpan Outage { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Variable that makes the app exit at its start, <c>NAME=VALUE</c>; null replaces its command.</summary>
    public string? ExitVariable { get; init; }

    /// <summary>Variable that keeps the app from getting healthy, <c>NAME=VALUE</c>; null replaces its command.</summary>
    public string? UnhealthyVariable { get; init; }

    /// <summary>Variable that makes the app listen seconds after its start, <c>NAME=VALUE</c>; null for an app that cannot.</summary>
    public string? LateVariable { get; init; }

    /// <summary>Variable that keeps the app from listening, <c>NAME=VALUE</c>; null replaces its command.</summary>
    public string? SilentVariable { get; init; }

    /// <summary>Admin addresses of gateways beside those the cluster tells.</summary>
    public IReadOnlyList<Uri> GatewayAdmins { get; init; } = [];

    /// <summary>Addresses of Consul servers beside those the services of this machine use.</summary>
    public IReadOnlyList<Uri> Consuls { get; init; } = [];

    /// <summary>Load before the first fault, so that connections are open and code is warm.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long requests still count for a fault after the cluster is back.</summary>
    public TimeSpan Tail { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest that the cluster may take to come back to full capacity after a fault.</summary>
    public TimeSpan RecoveryLimit { get; init; } = TimeSpan.FromMinutes(3);
}
