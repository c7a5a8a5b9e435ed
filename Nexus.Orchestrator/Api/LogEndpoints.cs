using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.OpenApi;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.State;
using Nexus.ServiceDefaults.Http;

namespace Nexus.Orchestrator.Api;

/// <summary>Logs of an allocation, fetched from the agent of its node.</summary>
internal static class LogEndpoints
{
    public const string WorkerClient = "worker";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(Routes.AllocationLogs, StreamAsync).WithName("GetAllocationLogs")
            .WithSummary("Last lines of an allocation's output")
            .WithQuery("tail", JsonSchemaType.Integer, "How many of the last lines to begin with.")
            .WithQuery("follow", JsonSchemaType.Boolean, "Whether to go on with new lines until the output ends.")
            .Produces<string>(200, "text/plain").ProducesProblem(404).ProducesProblem(502).ProducesProblem(503);

    private static async Task<IResult> StreamAsync(
        string id, HttpContext context, ClusterView view, IHttpClientFactory clients, CancellationToken cancellationToken)
    {
        var snapshot = view.Latest?.Stored.Snapshot;
        var node = snapshot?.Assignments.Values.FirstOrDefault(a => a.Allocations.Any(x => x.Id.Value == id))?.Node;
        if (node is not { } name)
        {
            return Results.Problem(statusCode: 404, title: $"There is no allocation '{id}'.", detail: "nexus status lists them.");
        }

        // The record may be unreadable while the agent answers where it did before.
        if (snapshot?.Nodes.GetValueOrDefault(name.Value)?.LastKnown is not { } record)
        {
            var key = StateKeys.Node(name);
            var reason = view.Latest?.Stored.Problems.FirstOrDefault(p => p.Key == key)?.Reason ?? "the record is missing";
            return Results.Problem(
                statusCode: 503, title: $"The address of node {name}, where '{id}' runs, is not known.",
                detail: $"{key}: {reason}. Repair: {RecordRepairs.For(key)}. On the node itself: docker logs, of the container with the label nexus.allocation={id}.");
        }

        var client = clients.CreateClient(WorkerClient);
        var address = new Uri(new Uri(record.ApiAddress), Routes.LogsOf(id) + context.Request.QueryString);
        HttpResponseMessage answer;
        try
        {
            answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            return Results.Problem(
                statusCode: 502, title: $"The agent of {name} does not answer at {record.ApiAddress}.", detail: RequestFailure.Describe(e));
        }

        using (answer)
        {
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            await body.CopyToAsync(context.Response.Body, cancellationToken);
        }

        return Results.Empty;
    }
}
