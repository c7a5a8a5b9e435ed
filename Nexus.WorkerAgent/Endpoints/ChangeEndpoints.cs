using System.Text.Json;
using Nexus.Api.V1;
using Nexus.Core.Convergence;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Endpoints;

/// <summary>
/// The push stream: how the node's allocations stand, as server-sent events, each written the moment it happens. Consul
/// stays the truth; this is only faster.
/// </summary>
internal static class ChangeEndpoints
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(5);

    public static void MapChanges(this WebApplication app) => app.MapGet(Routes.AllocationChanges, StreamAsync);

    private static async Task StreamAsync(
        HttpContext context, AllocationBook book, AgentIdentity identity, TimeProvider time, IHostApplicationLifetime lifetime)
    {
        using var listener = book.TryListen();
        if (listener is null)
        {
            await Results.Problem(
                    $"{ChangeFeed.MaxListeners} listeners are connected already; no more are taken.",
                    statusCode: StatusCodes.Status503ServiceUnavailable)
                .ExecuteAsync(context);
            return;
        }

        // A stream that is open must not hold up the agent's own end.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        context.Response.ContentType = ApiHeaders.EventStream;
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            foreach (var present in listener.Present)
            {
                await WriteAsync(context.Response, View(present, identity), either.Token);
            }

            await context.Response.WriteAsync(": all told\n\n", either.Token);
            await context.Response.Body.FlushAsync(either.Token);
            await FollowAsync(context.Response, listener, identity, time, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // The listener left, or we do.
        }
    }

    private static async Task FollowAsync(
        HttpResponse response, ChangeListener listener, AgentIdentity identity, TimeProvider time, CancellationToken cancellationToken)
    {
        var more = listener.News.WaitToReadAsync(cancellationToken).AsTask();
        while (true)
        {
            await ((Task)more).WaitAsync(KeepAlive, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            cancellationToken.ThrowIfCancellationRequested();
            if (!more.IsCompleted)
            {
                await response.WriteAsync(":\n\n", cancellationToken);
            }
            else if (await more)
            {
                while (listener.News.TryRead(out var news))
                {
                    await WriteAsync(response, View(news, identity), cancellationToken);
                }

                more = listener.News.WaitToReadAsync(cancellationToken).AsTask();
            }
            else
            {
                return;
            }

            await response.Body.FlushAsync(cancellationToken);
        }
    }

    private static Task WriteAsync(HttpResponse response, AllocationChange change, CancellationToken cancellationToken) =>
        response.WriteAsync(
            $"event: {change.Kind}\ndata: {JsonSerializer.Serialize(change, ApiJson.Default.AllocationChange)}\n\n", cancellationToken);

    private static AllocationChange View(AllocationNews news, AgentIdentity identity)
    {
        var kind = news.Standing switch
        {
            Standing.Serving => AllocationChangeKind.Serving,
            Standing.Unhealthy => AllocationChangeKind.Unhealthy,
            Standing.Draining => AllocationChangeKind.Draining,
            _ => AllocationChangeKind.Gone,
        };
        var serves = kind == AllocationChangeKind.Serving && news.Port is not null;
        return new AllocationChange(
            news.Allocation.Value, news.Pool.Value, news.Revision.Value, identity.Node.Value, news.Attempt, kind,
            serves ? identity.Address : null, serves ? news.Port : null);
    }
}
