using Nexus.Core.State;
using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Planted;

/// <summary>A connection that an engine's port proxy accepts is taken for one that the container accepted.</summary>
internal sealed class AcceptedIsServed : PlantedBug
{
    public override string Name => "accepted-is-served";

    public override SimRuntime Runtime(SimEngine engine, SimProcess process) => new ProxiesUnknown(engine, process);

    private sealed class ProxiesUnknown(SimEngine engine, SimProcess process) : SimRuntime(engine, process)
    {
        protected override PortForwarding? ForwardingOf(SimWorkload workload) => null;
    }
}
