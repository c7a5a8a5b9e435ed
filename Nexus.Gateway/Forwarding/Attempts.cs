using Microsoft.Extensions.ObjectPool;
using Nexus.Core.Routing;
using Nexus.Gateway.Draining;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Live;
using Nexus.Gateway.Routing;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Nexus.Gateway.Forwarding;

/// <summary>Makes one attempt at a request: chooses whom to ask, counts it there, forwards, and tells the ejector how it went.</summary>
internal sealed partial class Attempts(
    IHttpForwarder forwarder, UpstreamRequests upstream, Ejector ejector, TimeProvider time, ILogger<Attempts> logger)
{
    private readonly ObjectPool<Attempt> _attempts = ObjectPool.Create(new Reuse());
    private uint _turn;

    /// <summary>Chooses a destination and counts the request in there; null when nobody is left.</summary>
    public LiveDestination? Enter(LivePool pool, List<LiveDestination>? tried)
    {
        while (true)
        {
            // Read anew each time: what is out by now is out of these too.
            var chosen = LeastRequests.Choose(pool.Candidates, Interlocked.Increment(ref _turn), time.GetTimestamp(), tried);
            if (chosen is null || chosen.TryEnter())
            {
                return chosen;
            }
        }
    }

    /// <summary>Forwards to a destination that was entered, and leaves it.</summary>
    public async Task<AttemptOutcome> MakeAsync(
        HttpContext context, IReverseProxyFeature proxy, LiveDestination chosen, RepeatableRequest request, bool isRetry)
    {
        var attempt = _attempts.Get();
        context.Features.Set(attempt);
        var started = time.GetTimestamp();
        var limits = RouteLimits.Of(proxy.Route.Config);
        var registration = attempt.Begin(chosen, request.MayBreakOff, upstream.HeadTimeout(limits), isRetry);
        var socket = SocketFeature.For(context, attempt);
        var body = UploadBody.Begin(context, attempt, time);
        try
        {
            var error = await forwarder.SendAsync(
                context, chosen.Address, proxy.Cluster.HttpClient, upstream.For(chosen.Protocol, limits), proxy.Route.Transformer, attempt.Token);
            var outcome = AttemptOutcomes.Of(error, context, attempt);
            Tell(context, attempt, outcome, started);
            return outcome;
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            LogNotForwarded(e, context.Request.Method, chosen.Allocation); // Ours, whatever the replica sent.
            return AttemptOutcome.Refused;
        }
        finally
        {
            await registration.DisposeAsync();
            context.Features.Set<Attempt>(null);
            socket?.End(context);
            body?.End(context);
            attempt.End();
            if (!attempt.IsUpgraded) // Whoever closes WebSockets may still hold that one.
            {
                _attempts.Return(attempt);
            }
        }
    }

    private void Tell(HttpContext context, Attempt attempt, AttemptOutcome outcome, long started)
    {
        var chosen = attempt.Destination!;
        if (outcome is not (AttemptOutcome.ClientGone or AttemptOutcome.BrokenOff or AttemptOutcome.Refused))
        {
            var isFailure = outcome != AttemptOutcome.Answered || context.Response.StatusCode >= StatusCodes.Status500InternalServerError;
            chosen.Count(isFailure);
            chosen.Stats?.Count(
                isFailure,
                attempt.AnsweredAt is { } answered ? time.GetElapsedTime(attempt.ClientSentAt ?? started, answered).TotalMilliseconds : null);
        }

        if (outcome == AttemptOutcome.Answered)
        {
            chosen.Node?.Answered(time.GetTimestamp());
        }
        else if (outcome is AttemptOutcome.NotConnected or AttemptOutcome.NoAnswer or AttemptOutcome.TimedOut)
        {
            chosen.Node?.Failed(time.GetTimestamp());
        }

        ejector.Heard(chosen, outcome, outcome == AttemptOutcome.Answered && context.Response.StatusCode is >= 502 and <= 504, started);
    }

    [LoggerMessage(6070, LogLevel.Error, "A {Method} request to {Allocation} was not forwarded: unexpected error in the gateway")]
    private partial void LogNotForwarded(Exception exception, string method, string allocation);

    private sealed class Reuse : PooledObjectPolicy<Attempt>
    {
        public override Attempt Create() => new();

        public override bool Return(Attempt obj) => obj.TryReset();
    }
}
