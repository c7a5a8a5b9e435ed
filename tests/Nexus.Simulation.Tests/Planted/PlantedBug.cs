using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Consul;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Planted;

/// <summary>A bug put into the cluster between its parts; this one is none.</summary>
internal class PlantedBug : IMutation
{
    public virtual string Name => "none";

    public virtual string ResyncInterval => "00:00:10";

    public virtual bool GatewayBelievesEmptyLists => false;

    public virtual bool TrustsWallClock => false;

    public virtual byte[] Request(SimProcess caller, string path, byte[] body) => body;

    public virtual SimAnswer Answer(SimProcess caller, SimCall call, SimAnswer answer) => answer;

    public virtual SimRuntime Runtime(SimEngine engine, SimProcess process) => new(engine, process);
}

/// <summary>No bug.</summary>
internal sealed class NoBug : PlantedBug
{
    public static NoBug Instance { get; } = new();
}
