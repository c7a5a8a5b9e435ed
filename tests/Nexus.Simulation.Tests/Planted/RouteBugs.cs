using System.Net;
using System.Text.Json.Nodes;
using Nexus.Simulation.Tests.Consul;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Planted;

/// <summary>The leader's routes lead to the pools that the spec asks for at once, whether or not these serve.</summary>
internal sealed class RoutesSwitchAtOnce : TransactionBug
{
    public override string Name => "routes-switch-at-once";

    protected override bool Change(SimProcess caller, JsonArray operations) => ChangeValues(operations, "nexus/routes", record =>
    {
        var held = record["held"]?.AsArray() ?? [];
        foreach (var wait in held)
        {
            var waiting = record["routes"]!.AsArray().Where(r => ((string?)r!["host"] + (string?)r["path"]) == (string?)wait!["route"]);
            foreach (var route in waiting)
            {
                route!["pool"] = (string?)wait!["wanted"];
            }
        }

        if (held.Count == 0)
        {
            return false;
        }

        record["held"] = new JsonArray();
        return true;
    });
}

/// <summary>Gateways follow the routes of the spec, each by itself, and not those of the leader.</summary>
internal sealed class GatewaysFollowTheSpec : AnswerBug
{
    public override string Name => "gateways-follow-the-spec";

    public override SimAnswer Answer(SimProcess caller, SimCall call, SimAnswer answer) =>
        caller.Name[0] == 'g' && call.Path == "/v1/kv/nexus/routes" && answer.Status == HttpStatusCode.OK
            ? SimAnswer.Error(HttpStatusCode.NotFound, "") with { Index = answer.Index }
            : answer;
}

/// <summary>Pools that the spec has no more are stopped though their routes have not left them.</summary>
internal sealed class RetainedIsStopped : TransactionBug
{
    private readonly HashSet<string> _retained = new(StringComparer.Ordinal);

    public override string Name => "retained-is-stopped";

    protected override bool Change(SimProcess caller, JsonArray operations)
    {
        ChangeValues(operations, "nexus/routes", record =>
        {
            _retained.Clear();
            _retained.UnionWith((record["retained"]?.AsArray() ?? []).Select(r => (string)r!["pool"]!));
            return false;
        });
        return ChangeAssignments(operations, assignment =>
        {
            var leaving = assignment["allocations"]!.AsArray().Where(a => _retained.Contains((string)a!["pool"]!) && (string?)a["desired"] != "Stop").ToList();
            leaving.ForEach(a => a!["desired"] = "Stop");
            return leaving.Count > 0;
        });
    }
}

/// <summary>Gateways route by the first record of routes that they read, for ever.</summary>
internal sealed class RoutesStay : AnswerBug
{
    private string? _first;

    public override string Name => "routes-stay";

    public override SimAnswer Answer(SimProcess caller, SimCall call, SimAnswer answer) =>
        ChangeValues(caller, call, answer, "nexus/routes", 'g', text => _first ??= text);
}
