using Nexus.Api.V1;
using Nexus.Core.Preview;
using Nexus.Core.Spec;
using Nexus.Orchestrator.ControlLoops;

namespace Nexus.Orchestrator.Api;

/// <summary>What applying a document would change.</summary>
internal static class PlanEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(Routes.SpecPlan, PlanAsync).WithName("PlanSpec").WithSummary("What applying a YAML document would change; applies nothing")
            .WithHeader(ApiHeaders.File, SpecEndpoints.FileMeaning)
            .Accepts<string>("text/yaml", "*/*")
            .Produces<PlanView>().Produces<PlanView>(422).ProducesProblem(413).ProducesProblem(503);

    private static async Task<IResult> PlanAsync(HttpRequest request, ClusterView view, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await SpecEndpoints.ReadBodyAsync(request, cancellationToken) is not { } yaml)
        {
            return SpecEndpoints.TooLarge();
        }

        // Unlike a check of the document alone, this needs to know the cluster.
        if (view.Latest is not { } look)
        {
            return Problems.NotYet(view);
        }

        var read = SpecReader.Read(yaml, SpecEndpoints.Header(request, ApiHeaders.File) ?? "the document");
        if (read.Spec is not { } spec)
        {
            return Results.Json(
                new PlanView { Problems = ViewBuilder.Problems(read.Problems) }, ApiJson.Default.PlanView, statusCode: 422);
        }

        var snapshot = look.Stored.Snapshot;
        var preview = PlanPreview.Compute(snapshot, spec, snapshot.SpecRevision + 1, time.GetUtcNow());
        return Results.Ok(View(preview) with
        {
            Problems = ViewBuilder.Problems(SpecEndpoints.WithLints(read, view)),
            Warnings = view.Trouble is { } trouble
                ? [.. preview.Warnings, $"this is how the cluster was at {look.At:u}, for it cannot be looked at: {trouble}"]
                : preview.Warnings,
        });
    }

    private static PlanView View(PlanPreview preview) => new()
    {
        Valid = true,
        Changes = preview.Changes,
        Pools =
        [
            .. preview.Pools.Select(p => new PlanPoolView(
                p.Pool.Value, p.What, p.Start, p.Stop, p.Move, p.Desired, p.LeastAvailable, p.Fields)),
        ],
        Routes = preview.Routes,
        Settings = preview.Settings,
    };
}
