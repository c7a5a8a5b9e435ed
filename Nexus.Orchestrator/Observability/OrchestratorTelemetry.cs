using System.Diagnostics;
using System.Diagnostics.Metrics;
using Nexus.ServiceDefaults.Telemetry;

namespace Nexus.Orchestrator.Observability;

/// <summary>Names of spans and metrics of the orchestrator.</summary>
internal static class OrchestratorTelemetry
{
    public const string Name = "Nexus.Orchestrator";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Histogram<double> ReconcileDuration =
        Meter.CreateSecondsHistogram("nexus.reconcile.duration", "One pass: read, decide, commit.");

    public static readonly Counter<long> Steps =
        Meter.CreateCounter<long>("nexus.reconcile.steps", "{step}", "Steps committed, by kind.");

    public static readonly Counter<long> StaleCommits =
        Meter.CreateCounter<long>("nexus.reconcile.stale", "{commit}", "Commits that Consul refused because the state had moved or the lock was gone.");

    public static readonly UpDownCounter<int> Leader =
        Meter.CreateUpDownCounter<int>("nexus.leader", "{leader}", "1 while this manager leads.");
}
