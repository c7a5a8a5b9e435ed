using Nexus.Core.Ids;

namespace Nexus.Api.State;

/// <summary>
/// What our services are called in Consul's catalog. A pool's replicas are the instances of the service that bears the
/// pool's name, so workloads find each other as <c>web.service.consul</c>.
/// </summary>
public static class CatalogNames
{
    /// <summary>Service of the managers.</summary>
    public const string Orchestrator = "nexus-orchestrator";

    /// <summary>Service of the worker agents.</summary>
    public const string Worker = "nexus-worker";

    /// <summary>Service of the gateways.</summary>
    public const string Gateway = "nexus-gateway";

    /// <summary>Tag on every instance that Nexus registers for a pool.</summary>
    public const string PoolTag = "nexus";

    /// <summary>Meta key: the allocation behind an instance. An instance without it is not ours.</summary>
    public const string MetaAllocation = "nexus-allocation";

    /// <summary>Meta key: the pool.</summary>
    public const string MetaPool = "nexus-pool";

    /// <summary>Meta key: the pool's revision.</summary>
    public const string MetaRevision = "nexus-revision";

    /// <summary>Meta key: the worker node.</summary>
    public const string MetaNode = "nexus-node";

    /// <summary>Meta key: how often the allocation was restarted before this container.</summary>
    public const string MetaAttempt = "nexus-attempt";

    /// <summary>Meta key: the protocol that the instance speaks, where it is not HTTP/1.1: <see cref="H2c"/>.</summary>
    public const string MetaProtocol = "nexus-protocol";

    /// <summary>HTTP/2 without TLS, with prior knowledge.</summary>
    public const string H2c = "h2c";

    /// <summary>Meta key of managers and gateways: name of their machine.</summary>
    public const string MetaHost = "host";

    /// <summary>Meta key of managers and gateways: their process there.</summary>
    public const string MetaPid = "pid";

    /// <summary>
    /// Meta key of gateways: where they take requests, <c>http://*:8080;https://*:8443</c>. A <c>*</c> stands for every address of the machine.
    /// </summary>
    public const string MetaTraffic = "traffic";

    /// <summary>Service id of an allocation.</summary>
    public static string ServiceId(AllocationId allocation) => "nexus-" + allocation.Value;

    /// <summary>Check id of an allocation's health check.</summary>
    public static string CheckId(AllocationId allocation) => ServiceId(allocation) + ":health";
}
