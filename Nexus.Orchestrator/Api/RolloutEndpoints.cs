using System.Collections.Immutable;
using System.Text.Json;
using Nexus.Api.V1;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.State;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.State;

namespace Nexus.Orchestrator.Api;

/// <summary>How rollouts stand, and what people ask of them.</summary>
internal static class RolloutEndpoints
{
    private const string Refused = "RolloutRequestRefused";

    private static readonly string Allowed =
        $$"""{"verb": one of {{Problems.List(Enum.GetNames<RolloutVerb>())}}, "revision": for a rollback, may be left out, "by": who asks}.""";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Rollouts, List).WithName("ListRollouts").WithSummary("Rollouts of all pools")
            .Produces<ImmutableArray<RolloutView>>().ProducesProblem(503);
        routes.MapGet(Routes.Rollout, Get).WithName("GetRollout").WithSummary("The rollout of one pool, with its history")
            .Produces<RolloutView>().ProducesProblem(404).ProducesProblem(503);
        routes.MapPost(Routes.Rollout, AskAsync).WithName("CommandRollout").WithSummary("Pause, resume, promote, abort or roll back")
            .WithDescription("Answered when the request is written down; the leader follows it within moments. 409: it makes no sense as the rollout stands. 422: no such revision.")
            .Accepts<RolloutCommand>("application/json")
            .Produces<RolloutView>(202).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(503);
    }

    private static IResult List(ClusterView view, TimeProvider time) =>
        view.Latest is { } look ? Results.Ok(RolloutViewBuilder.Rollouts(look.Stored.Snapshot, time.GetUtcNow())) : Problems.NotYet(view);

    private static IResult Get(string pool, ClusterView view, TimeProvider time)
    {
        if (view.Latest is not { } look)
        {
            return Problems.NotYet(view);
        }

        return look.Stored.Snapshot.Rollouts.GetValueOrDefault(pool) is { } record
            ? Results.Ok(RolloutViewBuilder.Rollout(look.Stored.Snapshot, record, time.GetUtcNow()))
            : NoRollout(pool, look.Stored.Snapshot);
    }

    private static async Task<IResult> AskAsync(
        string pool, HttpRequest request, ClusterView view, WishStore wishes, WakeSignal wake, TimeProvider time, Jitter jitter,
        CancellationToken cancellationToken)
    {
        var (command, problem) = await Bodies.ReadAsync(request, ApiJson.Default.RolloutCommand, Allowed, cancellationToken);
        if (command is null)
        {
            return problem!;
        }

        if (view.Latest is not { } look)
        {
            return Problems.NotYet(view);
        }

        var snapshot = look.Stored.Snapshot;
        if (snapshot.Rollouts.GetValueOrDefault(pool) is not { } record)
        {
            return NoRollout(pool, snapshot);
        }

        try
        {
            var (revision, unknown) = command.Verb == RolloutVerb.Rollback
                ? await ResolveAsync(record, command.Revision, wishes, cancellationToken)
                : (null, null);
            if (unknown is not null)
            {
                return unknown;
            }

            var wish = Wish(record.Pool, command, revision, time.GetUtcNow(), jitter);
            if (Refusal(snapshot, wish, time.GetUtcNow()) is { } refusal)
            {
                return refusal;
            }

            await wishes.WriteAsync(wish, cancellationToken);
            wake.Set();
            return Results.Json(RolloutViewBuilder.Rollout(snapshot, record, time.GetUtcNow()), ApiJson.Default.RolloutView, statusCode: 202);
        }
        catch (Exception e) when (e is ConsulException or JsonException)
        {
            return Problems.NoConsul(e);
        }
    }

    private static RolloutRequest Wish(PoolName pool, RolloutCommand command, RolloutRevision? revision, DateTimeOffset now, Jitter jitter)
    {
        Span<byte> chance = stackalloc byte[10];
        jitter.Fill(chance);
        return new RolloutRequest
        {
            Id = EventIds.Create(now, chance),
            Pool = pool,
            Verb = command.Verb,
            Revision = revision,
            By = command.By ?? "",
            At = now,
        };
    }

    /// <summary>What the leader would say to it now; null when it would follow.</summary>
    private static IResult? Refusal(ClusterSnapshot snapshot, RolloutRequest wish, DateTimeOffset now)
    {
        var asked = snapshot with { Requests = snapshot.Requests.SetItem(wish.Pool.Value, wish) };
        return Reconciler.Compute(asked, now).Notices.FirstOrDefault(n => n.Kind == Refused && n.Pool == wish.Pool) is { } notice
            ? Problems.Of(409, $"The rollout of {wish.Pool} cannot do that now.", notice.Message)
            : null;
    }

    private static async Task<(RolloutRevision? Revision, IResult? Problem)> ResolveAsync(
        RolloutRecord record, string? name, WishStore wishes, CancellationToken cancellationToken)
    {
        var known = RevisionChoice.Known(record);
        var chosen = string.IsNullOrEmpty(name) ? RevisionChoice.Before(record) : RevisionChoice.Find(record, name);
        if (chosen is null && string.IsNullOrEmpty(name) && RevisionChoice.IsBack(record))
        {
            return (null, Problems.Of(
                409,
                $"{record.Pool} is {(record.Phase == RolloutPhase.RollingBack ? "going back to" : "back at")} revision {record.Stable!.Revision} already: {record.Reason}.",
                known.Where(k => k.Revision != record.Stable.Revision && k.Revision != record.Target.Revision).Select(Describe).ToList() is [_, ..] others
                    ? $"To go back further, name a revision: {Problems.List(others)}."
                    : "There is none to go back to further."));
        }

        if (chosen is null)
        {
            var title = string.IsNullOrEmpty(name)
                ? $"There is no proven revision of {record.Pool} before the present one."
                : $"'{name}' is no revision of {record.Pool}, or the beginning of several.";
            return (null, Problems.Of(422, title, $"Revisions are: {Problems.List(known.Select(Describe))}."));
        }

        var kept = new[] { record.Target, record.Stable }.FirstOrDefault(r => r?.Revision == chosen.Revision);
        var template = kept?.Template
            ?? await wishes.FindTemplateAsync(record.Pool, chosen.Revision, chosen.SpecRevision, cancellationToken);
        return template is not null
            ? (new RolloutRevision(chosen.Revision, template, chosen.SpecRevision), null)
            : (null, Problems.Of(
                422, $"What revision {chosen.Revision} of {record.Pool} was cannot be told any more.",
                $"Spec revision {chosen.SpecRevision}, which asked for it, is gone, or means another template to this version of Nexus."));
    }

    private static string Describe(KnownRevision revision) =>
        $"{revision.Revision} ({(revision.Image.Length == 0 ? "" : $"{revision.Image}, ")}of spec {revision.SpecRevision})";

    private static IResult NoRollout(string pool, ClusterSnapshot snapshot) =>
        snapshot.Spec?.Pools.Any(p => p.Name.Value == pool) == true
            ? Problems.Of(404, $"Pool '{pool}' has no rollout yet.", "The leader begins one as soon as it has seen the spec; ask again in a moment.")
            : Problems.NoPool(pool, snapshot.Spec?.Pools.Select(p => p.Name.Value) ?? []);
}
