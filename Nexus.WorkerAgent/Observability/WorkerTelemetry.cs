using System.Diagnostics;
using System.Diagnostics.Metrics;
using Nexus.Core.Ids;
using Nexus.ServiceDefaults.Telemetry;

namespace Nexus.WorkerAgent.Observability;

/// <summary>Meter and activity source of the agent.</summary>
internal static class WorkerTelemetry
{
    public const string Name = "Nexus.WorkerAgent";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Counter<long> Starts = Meter.CreateCounter<long>("nexus.worker.starts", description: "Workloads started");

    public static readonly Counter<long> Exits = Meter.CreateCounter<long>("nexus.worker.exits", description: "Workloads that ended unasked");

    public static readonly Counter<long> Restarts =
        Meter.CreateCounter<long>("nexus.worker.restarts", description: "Restarts decided on");

    public static readonly Histogram<double> PassDuration =
        Meter.CreateSecondsHistogram("nexus.worker.pass.duration", "One convergence pass");

    public static readonly Histogram<double> EjectDuration =
        Meter.CreateSecondsHistogram("nexus.worker.eject.duration", "From the news of an end to Consul's word on it");

    public static KeyValuePair<string, object?> PoolTag(PoolName pool) => new("nexus.pool", pool.Value);
}
