using Nexus.Consul;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Runtime;

namespace Nexus.WorkerAgent.Catalog;

/// <summary>
/// Who makes the check of a replica: the node's Consul agent, which outlives this one, or this agent, which then reports the verdict.
/// A TCP check through an engine's port proxy would be answered by the proxy, so Consul's goes to the workload's own address.
/// </summary>
internal sealed class CheckSources(ConsulClient consul)
{
    private volatile Place _consul;

    /// <summary>Whether this agent makes the check and reports it as a TTL check.</summary>
    public bool IsReported(HealthCheckType check, PortForwarding? forwarding) => check switch
    {
        HealthCheckType.Script => true,
        HealthCheckType.Tcp => forwarding is not null && (forwarding.Direct is null || _consul == Place.Elsewhere),
        _ => false,
    };

    /// <summary>Learns where the Consul agent runs: one in a container or on another machine does not reach the node's containers.</summary>
    public async Task LearnAsync(CancellationToken cancellationToken)
    {
        if (_consul == Place.Unknown)
        {
            var self = await consul.Agent.SelfAsync(cancellationToken);
            _consul = self.Address is { Length: > 0 } address && !MachineAddresses.IsOwn(address) ? Place.Elsewhere : Place.Here;
        }
    }

    private enum Place
    {
        Unknown,
        Here,
        Elsewhere,
    }
}
