using Nexus.Orchestrator.ControlLoops;

namespace Nexus.Orchestrator.Api;

/// <summary>Refusals that several endpoints have in common.</summary>
internal static class Problems
{
    public static IResult Of(int status, string title, string? detail) => Results.Problem(statusCode: status, title: title, detail: detail);

    public static IResult NotYet(ClusterView view) => Of(
        503, "This manager has not been able to look at the cluster yet.", view.Trouble ?? "It has only just started; ask again in a moment.");

    public static IResult NoConsul(Exception e) => Of(503, "Consul does not answer; nothing was changed.", e.Message);

    public static IResult NoPool(string pool, IEnumerable<string> pools) =>
        Of(404, $"There is no pool '{pool}'.", $"Pools are: {List(pools)}.");

    public static IResult NoNode(string node, IEnumerable<string> nodes) =>
        Of(404, $"There is no node '{node}'.", $"Nodes are: {List(nodes)}.");

    public static string List(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } text ? text : "none";
}
