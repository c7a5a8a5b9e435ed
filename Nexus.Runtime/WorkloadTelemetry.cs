using System.Collections.Immutable;
using Nexus.Core.Ids;

namespace Nexus.Runtime;

/// <summary>Where workloads that speak OpenTelemetry send it, unless their template says otherwise.</summary>
/// <param name="Endpoint">The receiver as this machine reaches it.</param>
/// <param name="Others">Further <c>OTEL_*</c> variables: protocol, headers, delays.</param>
public sealed record WorkloadTelemetry(Uri Endpoint, ImmutableSortedDictionary<string, string> Others)
{
    /// <summary>This machine as its containers call it.</summary>
    internal const string HostFromContainer = "host.docker.internal";

    /// <summary>Whether a container needs another name for the receiver's address than its own loopback.</summary>
    internal bool IsOnThisMachine => Endpoint.IsLoopback;

    /// <summary>The variables of one workload. Its pool is the service, its allocation the instance.</summary>
    internal IEnumerable<KeyValuePair<string, string>> VariablesOf(WorkloadSpec spec, NodeName node, bool inContainer)
    {
        var endpoint = inContainer && IsOnThisMachine ? new UriBuilder(Endpoint) { Host = HostFromContainer }.Uri : Endpoint;
        return Others.Concat(
        [
            new("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.ToString().TrimEnd('/')),
            new("OTEL_SERVICE_NAME", spec.Pool.Value),
            new("OTEL_RESOURCE_ATTRIBUTES", $"service.instance.id={spec.Allocation.Value},nexus.node={node.Value},nexus.revision={spec.Revision.Value}"),
        ]);
    }
}
