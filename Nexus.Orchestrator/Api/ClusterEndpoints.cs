using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.Leadership;

namespace Nexus.Orchestrator.Api;

/// <summary>Status, pools, nodes and allocations, from this manager's last look.</summary>
internal static class ClusterEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Status, StatusAsync).WithName("GetStatus").WithTags("Status").WithSummary("The cluster at a glance")
            .Produces<StatusView>().ProducesProblem(503);
        routes.MapGet(Routes.Pools, (ClusterView view) => FromLatest(view, ViewBuilder.Pools)).WithName("ListPools").WithTags("Pools").WithSummary("Pools")
            .Produces<ImmutableArray<PoolView>>().ProducesProblem(503);
        routes.MapGet(Routes.Nodes, (ClusterView view) => FromLatest(view, ViewBuilder.Nodes)).WithName("ListNodes").WithTags("Nodes").WithSummary("Nodes")
            .Produces<ImmutableArray<NodeView>>().ProducesProblem(503);
        routes.MapGet(Routes.Allocations, (ClusterView view) => FromLatest(view, ViewBuilder.Allocations)).WithName("ListAllocations").WithTags("Allocations").WithSummary("Allocations")
            .Produces<ImmutableArray<AllocationView>>().ProducesProblem(503);
    }

    private static async Task<IResult> StatusAsync(
        ClusterView view, PeerBook peers, ManagerIdentity identity, IOptions<OrchestratorOptions> options, CancellationToken cancellationToken)
    {
        if (view.Latest is not { } look)
        {
            return Problems.NotYet(view);
        }

        var managers = peers.OfAsync(CatalogNames.Orchestrator, cancellationToken);
        var gateways = peers.OfAsync(CatalogNames.Gateway, cancellationToken);
        await Task.WhenAll(managers, gateways);
        var snapshot = look.Stored.Snapshot;
        return Results.Ok(new StatusView
        {
            Cluster = snapshot.Spec?.Cluster,
            SpecRevision = snapshot.SpecRevision,
            SpecAppliedBy = look.Stored.Spec?.Document.AppliedBy,
            SpecAppliedAt = look.Stored.Spec?.Document.AppliedAt,
            RoutesSpecRevision = snapshot.Routes?.SpecRevision ?? (snapshot.Spec?.Gateway.Routes.IsEmpty == true ? snapshot.SpecRevision : 0),
            Routes = RouteViewBuilder.Routes(look),
            DrillsAllowed = snapshot.Spec?.DrillsAllowed ?? false,
            Leader = look.Stored.Leader.Value is { } leader
                ? new LeaderView(leader.Record.Manager, leader.Record.ApiAddress, leader.Epoch, leader.Record.Since)
                : null,
            Problems = [.. look.Stored.Problems.Select(p => new RecordProblemView(p.Key, p.Reason, p.Repair))],
            Managers = await managers,
            Gateways = await gateways,
            Pools = ViewBuilder.Pools(look),
            Nodes = ViewBuilder.Nodes(look),
            Allocations = ViewBuilder.Allocations(look),
            AsOf = look.At,
            Warnings = [.. StatusWarnings.Of(look, identity.Name, options.Value.ClockSkewLimit), .. view.Oversized.Select(record => record.Describe())],
            Warning = view.Trouble is { } trouble ? $"Shown is the state of {look.At:u}, because the cluster cannot be looked at: {trouble}" : null,
        });
    }

    private static IResult FromLatest<T>(ClusterView view, Func<Look, T> build) =>
        view.Latest is { } look ? Results.Ok(build(look)) : Problems.NotYet(view);
}
