using System.Diagnostics;
using System.Diagnostics.Metrics;
using Nexus.Core.Ids;

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
        Meter.CreateHistogram<double>("nexus.worker.pass.duration", "s", "One convergence pass");

    public static readonly Histogram<double> EjectDuration =
        Meter.CreateHistogram<double>("nexus.worker.eject.duration", "s", "From the news of an end to Consul's word on it");

    public static KeyValuePair<string, object?> PoolTag(PoolName pool) => new("nexus.pool", pool.Value);
}
