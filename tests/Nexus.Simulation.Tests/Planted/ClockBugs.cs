using System.Text.Json.Nodes;
using Nexus.Simulation.Tests.Consul;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Planted;

/// <summary>Managers compare the times in reports with their own clock, as if all machines had the same.</summary>
internal sealed class ClocksCompared : AnswerBug
{
    public override string Name => "clocks-compared";

    public override SimAnswer Answer(SimProcess caller, SimCall call, SimAnswer answer) => ChangeValues(caller, call, answer, "nexus/observed/", 'm', text =>
    {
        var report = JsonNode.Parse(text)!;
        foreach (var allocation in report["allocations"]!.AsArray().Where(a => (DateTimeOffset?)a!["healthySince"] > caller.Clock.GetUtcNow()))
        {
            allocation!["healthy"] = false;
            allocation["healthySince"] = null;
        }

        return report.ToJsonString();
    });
}

/// <summary>Managers and agents measure durations by a clock that people and NTP set.</summary>
internal sealed class WallClock : PlantedBug
{
    public override string Name => "wall-clock";

    public override bool TrustsWallClock => true;
}
