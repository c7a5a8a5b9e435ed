using System.Collections.Immutable;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.OpenApi;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Consul;
using Nexus.Core.State;
using Nexus.Orchestrator.State;

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
            return Results.Ok(ImmutableArray.CreateRange(Read(all.Value, after).Select(e => e.View)));
        }
        catch (ConsulException e)
        {
            return Results.Problem(statusCode: 503, title: "Consul does not answer, so events cannot be read.", detail: e.Message);
        }
    }

    private static async IAsyncEnumerable<SseItem<EventView>> FollowAsync(
        ConsulClient consul, string after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = 0UL;
        await foreach (var all in consul.Kv.WatchPrefixAsync(StateKeys.Events, null, cancellationToken))
        {
            // A Consul that lost its data counts from low again: all that it has is new.
            if (all.Value.All(p => p.CreateIndex < last))
            {
                last = 0;
            }

            foreach (var (view, index) in Read(all.Value, after, last))
            {
                (after, last) = (view.Id, index);
                yield return new SseItem<EventView>(view, view.Kind) { EventId = view.Id };
            }
        }
    }

    /// <summary>
    /// Events in the order in which Consul got them. Their ids sort by the clocks of their writers, and a reader that followed those
    /// would never see an event of a machine whose clock is behind.
    /// </summary>
    internal static IEnumerable<(EventView View, ulong Index)> Read(ImmutableArray<KvPair> pairs, string after, ulong last = 0)
    {
        var from = StateKeys.Event(after);
        var known = last > 0 ? last : pairs.FirstOrDefault(p => p.Key == from)?.CreateIndex;

        // The event named was dropped long ago, or is of another Consul: its id is all there is to go by.
        var rest = known is { } index ? pairs.Where(p => p.CreateIndex > index) : pairs.Where(p => string.CompareOrdinal(p.Key, from) > 0);
        foreach (var pair in rest.OrderBy(p => p.CreateIndex).ThenBy(p => p.Key, StringComparer.Ordinal))
        {
            yield return (ViewOf(pair), pair.CreateIndex);
        }
    }

    // Written by a newer version, or by hand: it must not hide the others, nor be hidden itself.
    private static EventView ViewOf(KvPair pair)
    {
        var reading = StateRecords.Read(pair.Key, pair.Value, StateJson.Default.ClusterEvent);
        if (reading.Value is { } happened)
        {
            return ViewBuilder.Event(happened);
        }

        var id = pair.Key[StateKeys.Events.Length..];
        return new EventView(
            id, EventIds.TimeOf(id) ?? DateTimeOffset.UnixEpoch, "EventUnreadable", EventSeverity.Warning,
            $"{pair.Key} cannot be read: {reading.Reason}. Repair: {RecordRepairs.For(pair.Key)}.", "orchestrator", null, null, null);
    }
}
