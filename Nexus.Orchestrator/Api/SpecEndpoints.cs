using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using Nexus.Api.V1;
using Nexus.Consul;
using Nexus.Core.Preview;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.Events;
using Nexus.Orchestrator.State;

namespace Nexus.Orchestrator.Api;

/// <summary>Reading, checking and applying specs.</summary>
internal static class SpecEndpoints
{
    // A document travels to Consul as one value of at most about 380 KB after base64.
    private const int MaxBytes = 256 * 1024;

    internal const string FileMeaning = "Name of the document's file, for messages; percent-encoded unless plain ASCII.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Spec, GetAsync).WithName("GetSpec").WithSummary("The spec in force")
            .Produces<SpecView>().ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);
        routes.MapPut(Routes.Spec, ApplyAsync).WithName("ApplySpec").WithSummary("Apply a YAML document")
            .WithHeader(HeaderNames.IfMatch, "Apply only if this revision is in force, as its ETag: \"4\". Else the last writer wins.")
            .WithHeader(ApiHeaders.File, FileMeaning)
            .WithHeader(ApiHeaders.Author, "Who applies, for the record; percent-encoded unless plain ASCII. It is not an authentication.")
            .WithQuery(QueryParameters.RenameCluster, JsonSchemaType.Boolean, "Apply even if the document's cluster: is not the name of this cluster.")
            .Accepts<string>("text/yaml", "*/*")
            .Produces<SpecResult>().Produces<SpecResult>(422).ProducesProblem(409).ProducesProblem(412).ProducesProblem(413).ProducesProblem(503);
        routes.MapPost(Routes.SpecValidate, ValidateAsync).WithName("ValidateSpec").WithSummary("Check a YAML document, apply nothing")
            .WithHeader(ApiHeaders.File, FileMeaning)
            .Accepts<string>("text/yaml", "*/*")
            .Produces<SpecResult>().ProducesProblem(413);
    }

    private static async Task<IResult> GetAsync(SpecStore specs, HttpResponse response, CancellationToken cancellationToken)
    {
        try
        {
            var reading = await specs.ReadAsync(cancellationToken);
            if (reading.IsUnreadable)
            {
                return Problem(
                    409, "The spec in force cannot be read.", $"{reading.ProblemKey}: {reading.Problem}. Repair: {RecordRepairs.For(reading.ProblemKey!)}");
            }

            if (reading.Spec is not { } current)
            {
                return Problem(404, "The cluster has no spec yet.", "Apply one: nexus apply nexus.yaml");
            }

            response.Headers.ETag = $"\"{current.Document.Revision}\"";
            var d = current.Document;
            return Results.Ok(new SpecView(d.Revision, d.Yaml, d.AppliedAt, d.AppliedBy));
        }
        catch (ConsulException e)
        {
            return Problem(503, "Consul does not answer, so the spec cannot be read.", e.Message);
        }
    }

    private static async Task<IResult> ApplyAsync(
        HttpRequest request, SpecStore specs, ClusterView view, EventWriter events, WakeSignal wake, CancellationToken cancellationToken)
    {
        if (await ReadBodyAsync(request, cancellationToken) is not { } yaml)
        {
            return TooLarge();
        }

        if (!TryReadIfMatch(request, out var expected))
        {
            return Problem(412, "If-Match is not a revision.", $"Found {request.Headers.IfMatch}; allowed is the number of a revision, e.g. \"3\".");
        }

        var file = Header(request, ApiHeaders.File) ?? "the document";
        var author = Header(request, ApiHeaders.Author) ?? "api";
        var read = SpecReader.Read(yaml, file);
        var inForce = view.Latest?.Stored.Snapshot.SpecRevision ?? 0;
        if (read.Spec is null)
        {
            return Results.Json(new SpecResult(false, inForce, false, ViewBuilder.Problems(read.Problems)), ApiJson.Default.SpecResult, statusCode: 422);
        }

        try
        {
            if (await RefuseOtherClusterAsync(request, read.Spec, specs, cancellationToken) is { } refusal)
            {
                return refusal;
            }

            var applied = await specs.ApplyAsync(yaml, author, expected, cancellationToken);
            var (outcome, revision) = applied;
            if (applied.Unknown is { } unknown)
            {
                return Problem(
                    412, $"The current revision cannot be read, so it cannot be compared with If-Match {expected}.",
                    $"{unknown.Key}: {unknown.Reason}. Nothing was applied. Apply without If-Match to replace whatever is there.");
            }

            if (outcome == ApplyOutcome.Conflict)
            {
                return Problem(412, $"Revision {revision}{(applied.ReplacedBy is { Length: > 0 } by ? $", applied by {by}," : "")} is in force, not {expected}.", "Read the spec again, carry your change over, apply it.");
            }

            if (outcome == ApplyOutcome.Applied)
            {
                events.Write("SpecApplied", EventSeverity.Info, $"Spec revision {revision} was applied by {author} from {file}.");
                wake.Set();
            }

            return Results.Ok(new SpecResult(true, revision, outcome == ApplyOutcome.Applied, ViewBuilder.Problems(WithLints(read, view)))
            {
                Replaced = applied.Replaced,
                ReplacedBy = applied.ReplacedBy,
            });
        }
        catch (ConsulException e)
        {
            return Problem(503, "Consul does not answer; nothing was applied.", e.Message);
        }
    }

    /// <summary>A spec that names another cluster is refused: applied by mistake, it would remove every pool of this one.</summary>
    private static async Task<IResult?> RefuseOtherClusterAsync(
        HttpRequest request, ClusterSpec proposed, SpecStore specs, CancellationToken cancellationToken)
    {
        if (request.Query[QueryParameters.RenameCluster].FirstOrDefault() == "true")
        {
            return null;
        }

        // A spec that cannot be read has to give way; the last readable one still has the cluster's name.
        return (await specs.ReadAsync(cancellationToken)).Spec is { Spec.Cluster: var current } && current != proposed.Cluster
            ? Problem(
                409, $"The spec is for cluster '{proposed.Cluster}', but this cluster is '{current}'.",
                "Nothing was applied. Check the manager's address; to rename the cluster, apply with --rename-cluster.")
            : null;
    }

    private static async Task<IResult> ValidateAsync(HttpRequest request, ClusterView view, CancellationToken cancellationToken)
    {
        if (await ReadBodyAsync(request, cancellationToken) is not { } yaml)
        {
            return TooLarge();
        }

        var read = SpecReader.Read(yaml, Header(request, ApiHeaders.File) ?? "the document");
        var latest = view.Latest?.Stored;
        return Results.Ok(new SpecResult(
            read.IsValid, latest?.Snapshot.SpecRevision ?? 0, latest?.Spec?.Document.Yaml != yaml, ViewBuilder.Problems(WithLints(read, view))));
    }

    internal static IEnumerable<SpecProblem> WithLints(SpecReadResult read, ClusterView view)
    {
        if (read.Spec is not { } spec || view.Latest?.Stored.Snapshot is not { } snapshot)
        {
            return read.Problems;
        }

        var ready = snapshot.Nodes.Values.Count(n => n.Status == NodeStatus.Ready);
        return [.. read.Problems, .. SpecLints.ForCluster(spec, ready), .. VolumeWarnings.For(snapshot, spec)];
    }

    /// <summary>The body as text; null when it is larger than allowed.</summary>
    internal static async Task<string?> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxBytes + 1];
        var read = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return read > MaxBytes ? null : Encoding.UTF8.GetString(buffer, 0, read);
    }

    private static bool TryReadIfMatch(HttpRequest request, out long? revision)
    {
        revision = null;
        var text = request.Headers.IfMatch.ToString().Trim('"');
        if (text.Length == 0)
        {
            return true;
        }

        var valid = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        revision = number;
        return valid;
    }

    internal static string? Header(HttpRequest request, string name) =>
        request.Headers[name].FirstOrDefault() is { Length: > 0 } value ? ApiHeaders.Decode(value) : null;

    internal static IResult TooLarge() => Problem(413, "The document is too large.", $"Allowed are {MaxBytes / 1024} KB: it is kept as one value in Consul.");

    private static IResult Problem(int status, string title, string detail) =>
        Results.Problem(new ProblemDetails { Status = status, Title = title, Detail = detail });
}
