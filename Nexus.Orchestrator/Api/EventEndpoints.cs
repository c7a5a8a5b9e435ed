using System.Collections.Immutable;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.OpenApi;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Consul;

namespace Nexus.Orchestrator.Api;

/// <summary>Events as a list, or as a stream that goes on.</summary>
internal static class EventEndpoints
{
    private const string EventStream = ApiHeaders.EventStream;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(Routes.Events, ListAsync).WithName("ListEvents")
            .WithSummary("Events, oldest first; with Accept: text/event-stream a stream that goes on")
            .Produces<ImmutableArray<EventView>>().ProducesProblem(503)
            .WithHeader("Last-Event-ID", "Only what came after the event with this id.")
            .WithQuery("after", JsonSchemaType.String, "The same, for those who cannot set a header.")
            .WithEventStream<EventView>("One event after the other, without end: id is the event's id, event its kind, data its JSON.");

    private static async Task<IResult> ListAsync(HttpRequest request, ConsulClient consul, CancellationToken cancellationToken)
    {
        var after = request.Headers["Last-Event-ID"].FirstOrDefault() ?? request.Query["after"].FirstOrDefault() ?? "";
        if (request.Headers.Accept.Any(a => a?.Contains(EventStream, StringComparison.OrdinalIgnoreCase) == true))
        {
            return TypedResults.ServerSentEvents(FollowAsync(consul, after, cancellationToken));
        }

        try
        {
            var all = await consul.Kv.ListAsync(StateKeys.Events, cancellationToken);
            return Results.Ok(ImmutableArray.CreateRange(Read(all.Value, after)));
        }
        catch (ConsulException e)
        {
            return Results.Problem(statusCode: 503, title: "Consul does not answer, so events cannot be read.", detail: e.Message);
        }
    }

    private static async IAsyncEnumerable<SseItem<EventView>> FollowAsync(
        ConsulClient consul, string after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var all in consul.Kv.WatchPrefixAsync(StateKeys.Events, null, cancellationToken))
        {
            foreach (var view in Read(all.Value, after))
            {
                after = view.Id;
                yield return new SseItem<EventView>(view, view.Kind) { EventId = view.Id };
            }
        }
    }

    private static IEnumerable<EventView> Read(ImmutableArray<KvPair> pairs, string after)
    {
        var from = StateKeys.Event(after);
        foreach (var pair in pairs.Where(p => string.CompareOrdinal(p.Key, from) > 0).OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            EventView view;
            try
            {
                view = ViewBuilder.Event(StateJson.Read(pair.Key, pair.Value, StateJson.Default.ClusterEvent));
            }
            catch (JsonException)
            {
                // Written by a newer version, or by hand: one such key must not hide the others.
                continue;
            }

            yield return view;
        }
    }
}
