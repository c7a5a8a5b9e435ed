using Nexus.Api.V1;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.Runtime;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Reports;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Endpoints;

/// <summary>Causes faults on purpose, where the spec in force allows it and nowhere else.</summary>
internal static class DrillEndpoints
{
    public static void MapDrill(this WebApplication app) => app.MapPost(Routes.AllocationDrill, CauseAsync);

    private static async Task<IResult> CauseAsync(
        string id, HttpRequest request, [AsParameters] DrillParts parts, CancellationToken cancellationToken)
    {
        if (parts.Holder.Current.Assignment is not { DrillsAllowed: true })
        {
            return Results.Problem(
                $"Drills are not allowed on node {parts.Identity.Node}. Set 'drills: allowed' in nexus.yaml and apply it, on a cluster whose requests may fail.",
                statusCode: StatusCodes.Status403Forbidden);
        }

        if (!request.HasJsonContentType() || await ReadAsync(request, cancellationToken) is not { } command || !Enum.IsDefined(command.Fault))
        {
            return Results.Problem(
                $"The body must be {{\"fault\": one of {string.Join(", ", Enum.GetNames<DrillFault>())}}}, as application/json.",
                statusCode: StatusCodes.Status400BadRequest);
        }

        if (parts.Connection.Current is not { } runtime)
        {
            return Results.Problem(parts.Connection.Problem ?? "The runtime has not answered yet.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }

        var allocation = new AllocationId(id);
        var workload = (await runtime.ListAsync(cancellationToken))
            .Where(w => w.Allocation == allocation && w.State == WorkloadState.Running).MaxBy(w => w.Attempt);
        if (workload is null || !await runtime.SignalAsync(workload.Id, SignalOf(command.Fault), cancellationToken))
        {
            return Results.Problem($"No workload of allocation '{id}' runs on node {parts.Identity.Node}.", statusCode: StatusCodes.Status404NotFound);
        }

        parts.Events.Publish(
            EventKinds.DrillFaultCaused, EventSeverity.Warning, $"A drill did '{command.Fault}' to {id}.", workload.Pool, allocation);
        return Results.NoContent();
    }

    private static async Task<DrillCommand?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await request.ReadFromJsonAsync(ApiJson.Default.DrillCommand, cancellationToken);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static WorkloadSignal SignalOf(DrillFault fault) => fault switch
    {
        DrillFault.Kill => WorkloadSignal.Kill,
        DrillFault.Hang => WorkloadSignal.Freeze,
        _ => WorkloadSignal.Thaw,
    };

    /// <summary>What a drill needs.</summary>
    internal readonly record struct DrillParts(
        AssignmentHolder Holder, RuntimeConnection Connection, AgentIdentity Identity, EventJournal Events);
}
