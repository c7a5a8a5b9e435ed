using System.Collections.Immutable;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Convergence;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Catalog;

/// <summary>Says how a replica stands in Consul's catalog.</summary>
internal static class PoolServices
{
    // A reported check lives by the agent's word. It outlives a short absence of the agent, not a long one.
    private static readonly TimeSpan ReportGrace = TimeSpan.FromSeconds(30);

    /// <summary>Consul checks no more often than this; the agent's own prober does what shall be faster.</summary>
    public static readonly TimeSpan ConsulFloor = TimeSpan.FromSeconds(1);

    private const int MaxCheckName = 200;

    /// <summary>The check that a replica can have: without a port there is nothing to ask over the network.</summary>
    public static HealthCheckType EffectiveCheck(PoolTemplate template, int? port) =>
        port is null && template.Health.Type is HealthCheckType.Tcp or HealthCheckType.Http
            ? HealthCheckType.None
            : template.Health.Type;

    /// <summary>The registration of one replica.</summary>
    /// <param name="identity">This agent.</param>
    /// <param name="allocation">The allocation.</param>
    /// <param name="template">What it is.</param>
    /// <param name="workload">What runs.</param>
    /// <param name="isReported">Whether this agent makes its check and reports it; see <see cref="CheckSources"/>.</param>
    /// <param name="status">What its check begins with.</param>
    public static ServiceRegistration Describe(
        AgentIdentity identity, AllocationAssignment allocation, PoolTemplate template, SeenWorkload workload, bool isReported, CheckStatus status)
    {
        ServiceCheck? check = EffectiveCheck(template, workload.Port) switch
        {
            HealthCheckType.None => null,
            var type when isReported => new TtlCheck
            {
                CheckId = CatalogNames.CheckId(allocation.Id),
                Name = type == HealthCheckType.Script ? NameOf(template.Health.Command) : "TCP connect, by the worker agent",
                Ttl = (template.Health.Interval * 3) + template.Health.Timeout + ReportGrace,
            },
            HealthCheckType.Http => new HttpCheck
            {
                CheckId = CatalogNames.CheckId(allocation.Id),
                Name = $"GET {template.Health.Path}",
                Url = UrlOf(identity.Address, workload.Port!.Value, template.Health.Path),
                Interval = ConsulInterval(template.Health),
                Timeout = template.Health.Timeout,
            },
            HealthCheckType.Tcp => new TcpCheck
            {
                CheckId = CatalogNames.CheckId(allocation.Id),
                Name = "TCP connect",
                Address = (workload.Forwarding?.Direct ?? new WorkloadEndpoint(identity.Address, workload.Port!.Value)).ToString(),
                Interval = ConsulInterval(template.Health),
                Timeout = template.Health.Timeout,
            },
            _ => null,
        };
        return new ServiceRegistration
        {
            Id = CatalogNames.ServiceId(allocation.Id),
            Name = allocation.Pool.Value,
            Address = identity.Address,
            Port = workload.Port,
            Tags = [CatalogNames.PoolTag],
            Meta = MetaOf(identity, allocation, template, workload),
            Checks = check is null ? [] : [WithThresholds(check, template.Health, status)],
            ReplaceExistingChecks = true,
        };
    }

    /// <summary>Address of a path on a replica.</summary>
    public static Uri UrlOf(string address, int port, string path) =>
        new($"http://{(address.Contains(':') ? $"[{address}]" : address)}:{port}{(path.StartsWith('/') ? path : "/" + path)}");

    // For people to recognize the check by; whole scripts do not belong into the catalog, which every server holds in memory.
    private static string NameOf(ImmutableArray<string> command) =>
        string.Join(' ', command) is { Length: > MaxCheckName } line ? $"{line.AsSpan(0, MaxCheckName)}…" : string.Join(' ', command);

    private static Dictionary<string, string> MetaOf(
        AgentIdentity identity, AllocationAssignment allocation, PoolTemplate template, SeenWorkload workload)
    {
        var meta = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [CatalogNames.MetaAllocation] = allocation.Id.Value,
            [CatalogNames.MetaPool] = allocation.Pool.Value,
            [CatalogNames.MetaRevision] = allocation.Revision.Value,
            [CatalogNames.MetaNode] = identity.Node.Value,
            [CatalogNames.MetaAttempt] = workload.Attempt.ToString(),
        };
        if (template.Protocol == AppProtocol.H2c)
        {
            meta[CatalogNames.MetaProtocol] = CatalogNames.H2c;
        }

        return meta;
    }

    private static TimeSpan ConsulInterval(HealthSpec health) => health.Interval < ConsulFloor ? ConsulFloor : health.Interval;

    // Consul 1.8 takes thresholds for the checks it makes itself; those of a reported one are counted by the agent.
    private static ServiceCheck WithThresholds(ServiceCheck check, HealthSpec health, CheckStatus status) => check is TtlCheck
        ? check with { InitialStatus = status }
        : check with
        {
            InitialStatus = status,
            SuccessBeforePassing = health.HealthyThreshold,
            FailuresBeforeCritical = health.UnhealthyThreshold,
        };
}
