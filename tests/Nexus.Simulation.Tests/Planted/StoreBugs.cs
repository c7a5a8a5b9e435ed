using System.Text;
using System.Text.Json.Nodes;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Planted;

/// <summary>Agents do not report what they go on with after Consul lost its data.</summary>
internal sealed class KeptUnreported : PlantedBug
{
    public override string Name => "kept-unreported";

    public override byte[] Request(SimProcess caller, string path, byte[] body)
    {
        if (caller.Name[0] != 'n' || !path.StartsWith("/v1/kv/nexus/observed/", StringComparison.Ordinal)
            || JsonNode.Parse(body) is not JsonObject report || !report.ContainsKey("kept"))
        {
            return body;
        }

        report.Remove("kept");
        report["allocations"] = new JsonArray();
        return Encoding.UTF8.GetBytes(report.ToJsonString());
    }
}

/// <summary>Leaders take containers that no spec asks for as containers to be stopped.</summary>
internal sealed class LossMeansStop : TransactionBug
{
    public override string Name => "loss-means-stop";

    // New placements are committed together with their rollout record; adopted allocations are committed alone.
    protected override bool Change(SimProcess caller, JsonArray operations) => operations.All(o => Prefixed(o!, "nexus/rollouts/") is false) && ChangeAssignments(operations, assignment =>
    {
        var taken = (ulong?)assignment["generation"] == 1 ? assignment["allocations"]!.AsArray().Where(a => (string?)a!["desired"] == "Run").ToList() : [];
        taken.ForEach(a => a!["desired"] = "Stop");
        return taken.Count > 0;
    });

    private static bool Prefixed(JsonNode operation, string prefix) => ((string?)operation["KV"]!["Key"])!.StartsWith(prefix, StringComparison.Ordinal);
}
