using Nexus.Api.V1;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.Events;
using Nexus.Orchestrator.State;
using Nexus.ServiceDefaults.Clocks;

namespace Nexus.Orchestrator.Api;

/// <summary>Taking nodes out of use, putting them back, forgetting those that are gone.</summary>
internal static class NodeEndpoints
{
    private const string Allowed = """{"draining": true or false, "reason": why, may be empty, "by": who asks}.""";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.NodeEligibility, GetDrain).WithName("GetNodeEligibility").WithSummary("How far the emptying of a node is")
            .Produces<NodeDrainView>().ProducesProblem(404).ProducesProblem(503);
        routes.MapPut(Routes.NodeEligibility, SetAsync).WithName("SetNodeEligibility").WithSummary("Take a node out of use, or put it back")
            .Accepts<NodeEligibilityCommand>("application/json")
            .Produces<NodeDrainView>().ProducesProblem(404).ProducesProblem(422).ProducesProblem(503);
        routes.MapDelete(Routes.Node, ForgetAsync).WithName("ForgetNode").WithSummary("Forget a lost node at once (?by=)")
            .Produces(202).ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);
    }

    private static IResult GetDrain(string node, ClusterView view)
    {
        if (view.Latest is not { } look)
        {
            return Problems.NotYet(view);
        }

        return look.Stored.Snapshot.Nodes.ContainsKey(node)
            ? Results.Ok(ViewBuilder.Drain(look, node, look.Stored.Snapshot.Eligibility.GetValueOrDefault(node)?.Draining == true))
            : Problems.NoNode(node, look.Stored.Snapshot.Nodes.Keys);
    }

    private static async Task<IResult> SetAsync(
        string node, HttpRequest request, ClusterView view, WishStore wishes, EventWriter events, WakeSignal wake, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (command, problem) = await Bodies.ReadAsync(request, ApiJson.Default.NodeEligibilityCommand, Allowed, cancellationToken);
        if (command is null)
        {
            return problem!;
        }

        if (view.Latest is not { } look)
        {
            return Problems.NotYet(view);
        }

        if (!look.Stored.Snapshot.Nodes.ContainsKey(node))
        {
            return Problems.NoNode(node, look.Stored.Snapshot.Nodes.Keys);
        }

        var name = new NodeName(node);
        var by = By(command.By);
        try
        {
            await wishes.WriteAsync(
                new NodeEligibility(name, command.Draining, command.Reason ?? "", by, time.GetWallNow())
                {
                    LeaveVolumes = command is { Draining: true, LeaveVolumes: true },
                },
                cancellationToken);
        }
        catch (ConsulException e)
        {
            return Problems.NoConsul(e);
        }

        wake.Set();
        var why = string.IsNullOrEmpty(command.Reason) ? "" : $": {command.Reason}";
        var (kind, words) = command.Draining ? ("NodeTakenOut", "takes {0} out of use") : ("NodePutBack", "puts {0} back to use");
        events.Write(kind, EventSeverity.Info, $"{by} {words.Replace("{0}", node, StringComparison.Ordinal)}{why}.", node: name);
        return Results.Ok(ViewBuilder.Drain(look, node, command.Draining));
    }

    private static async Task<IResult> ForgetAsync(
        string node, string? by, ClusterView view, WishStore wishes, WakeSignal wake, TimeProvider time, CancellationToken cancellationToken)
    {
        if (view.Latest is not { } look)
        {
            return Problems.NotYet(view);
        }

        var snapshot = look.Stored.Snapshot;
        if (snapshot.Nodes.GetValueOrDefault(node) is not { } known)
        {
            return Problems.NoNode(node, snapshot.Nodes.Keys);
        }

        if (known.Status != NodeStatus.Lost)
        {
            return Problems.Of(
                409, $"{node} is {known.Status}; only a Lost node can be forgotten.", "Stop its agent and wait until the node is Lost, or drain it first.");
        }

        var before = snapshot.Eligibility.GetValueOrDefault(node);
        try
        {
            await wishes.WriteAsync(
                new NodeEligibility(new NodeName(node), before?.Draining ?? false, before?.Reason ?? "", By(by), time.GetWallNow())
                {
                    Forget = true,
                    LeaveVolumes = before?.LeaveVolumes ?? false,
                },
                cancellationToken);
        }
        catch (ConsulException e)
        {
            return Problems.NoConsul(e);
        }

        wake.Set();
        return Results.Accepted();
    }

    private static string By(string? by) => string.IsNullOrWhiteSpace(by) ? "someone" : by;
}
