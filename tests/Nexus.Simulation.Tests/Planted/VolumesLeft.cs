using Nexus.Simulation.Tests.Consul;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Planted;

/// <summary>Managers move replicas as if their volumes moved along.</summary>
internal sealed class VolumesLeft : AnswerBug
{
    public override string Name => "volumes-left";

    public override SimAnswer Answer(SimProcess caller, SimCall call, SimAnswer answer) => ChangeValues(
        caller, call, answer, "nexus/spec/revisions/", 'm',
        text => text.Replace("    volumes:", "    placement: {volume_affinity: preferred}\\n    volumes:", StringComparison.Ordinal));
}
