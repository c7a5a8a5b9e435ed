using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Nexus.Core.Routing;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Observability;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// Stands around YARP's forwarder: chooses a destination, hears how it went, tells the ejector, and asks another one at once
/// where that is safe. Waits for nobody: without a destination the client is told so.
/// </summary>
internal sealed class AttemptMiddleware(
    RequestDelegate next, Ejector ejector, GatewayTelemetry telemetry, TimeProvider time, IOptions<GatewayOptions> options)
{
    private static readonly Func<DestinationState, int> InFlight = static destination => destination.ConcurrentRequestCount;

    private readonly int _adminPort = options.Value.AdminUrl.Port;
    private uint _turn;

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Connection.LocalPort == _adminPort)
        {
            await Refusal.NotRoutedAsync(context); // Replicas are for the traffic ports.
            return;
        }

        var proxy = context.GetReverseProxyFeature();
        var cluster = proxy.Route.Cluster!;
        DestinationState? tried = null;
        for (var attempt = 1; ; attempt++)
        {
            // Read anew each time: a failed attempt has just changed it.
            var candidates = cluster.DestinationsState.AvailableDestinations;
            var chosen = LeastRequests.Choose(candidates, InFlight, Interlocked.Increment(ref _turn), tried);
            if (chosen is null)
            {
                await RefuseAsync(context, cluster.ClusterId, tried is null ? null : AttemptOutcomes.Of(context));
                return;
            }

            if (tried is not null)
            {
                telemetry.Retried(cluster.ClusterId);
                Forget(context);
            }

            var outcome = await AttemptAsync(context, proxy, cluster, chosen);
            if (outcome == AttemptOutcome.Answered)
            {
                telemetry.Requested(cluster.ClusterId, outcome);
                return;
            }

            if (attempt == RetryRules.MaxAttempts || !MayRetry(context, outcome))
            {
                await RefuseAsync(context, cluster.ClusterId, outcome);
                return;
            }

            tried = chosen;
        }
    }

    private async Task<AttemptOutcome> AttemptAsync(
        HttpContext context, IReverseProxyFeature proxy, ClusterState cluster, DestinationState chosen)
    {
        var asked = chosen.Model;
        var started = time.GetTimestamp();
        proxy.AvailableDestinations = chosen;
        await next(context);
        var outcome = AttemptOutcomes.Of(context);
        ejector.Heard(cluster, chosen, asked, outcome, started);
        return outcome;
    }

    private static bool MayRetry(HttpContext context, AttemptOutcome outcome) =>
        !context.Response.HasStarted
        && !context.RequestAborted.IsCancellationRequested
        && RetryRules.MayRetry(outcome, context.Request.Method, HasBody(context));

    private static bool HasBody(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;

    /// <summary>Takes back what the failed attempt left in the response.</summary>
    private static void Forget(HttpContext context)
    {
        context.Response.Clear();
        context.Features.Set<IForwarderErrorFeature>(null);
    }

    private Task RefuseAsync(HttpContext context, string pool, AttemptOutcome? outcome)
    {
        telemetry.Requested(pool, outcome);
        return context.Response.HasStarted || outcome is AttemptOutcome.ClientGone
            ? Task.CompletedTask
            : Refusal.ForPoolAsync(context, pool, outcome);
    }
}
