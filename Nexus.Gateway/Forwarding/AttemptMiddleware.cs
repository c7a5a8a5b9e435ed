using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Nexus.Core.Routing;
using Nexus.Gateway.Live;
using Nexus.Gateway.Observability;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// The end of YARP's pipeline: has a request made at one destination after the other, as far as that is safe. Waits for nobody:
/// without a destination the client is told so.
/// </summary>
internal sealed class AttemptMiddleware(
    RequestDelegate next, LivePools pools, Attempts attempts, GatewayTelemetry telemetry, IOptions<GatewayOptions> options)
{
    private readonly int _adminPort = options.Value.AdminUrl.Port;

    public Task InvokeAsync(HttpContext context)
    {
        _ = next; // Nobody: what YARP would do there is done by the attempts.
        if (context.Connection.LocalPort == _adminPort)
        {
            return Refusal.NotRoutedAsync(context); // Replicas are for the traffic ports.
        }

        var proxy = context.GetReverseProxyFeature();
        return pools.Find(proxy.Cluster.Config.ClusterId) is { } pool
            ? ForwardAsync(context, proxy, pool)
            : Refusal.ForPoolAsync(context, proxy.Cluster.Config.ClusterId, outcome: null);
    }

    private async Task ForwardAsync(HttpContext context, IReverseProxyFeature proxy, LivePool pool)
    {
        List<LiveDestination>? tried = null;
        AttemptOutcome? outcome = null;
        for (var left = pool.Retry.Attempts; left > 0;)
        {
            var chosen = attempts.Enter(pool, tried);
            if (chosen is null)
            {
                break;
            }

            if (tried is not null)
            {
                telemetry.Retried(pool.Name);
                Forget(context);
            }

            outcome = await attempts.MakeAsync(context, proxy, chosen);
            if (outcome == AttemptOutcome.Answered)
            {
                telemetry.Requested(pool.Name, outcome);
                return;
            }

            if (!MayRetry(context, outcome.Value))
            {
                break;
            }

            // A destination whose time was over has had no attempt that counts; it is not asked again either.
            left -= outcome == AttemptOutcome.BrokenOff ? 0 : 1;
            (tried ??= []).Add(chosen);
        }

        await RefuseAsync(context, pool.Name, outcome);
    }

    private static bool MayRetry(HttpContext context, AttemptOutcome outcome) =>
        !context.Response.HasStarted
        && !context.RequestAborted.IsCancellationRequested
        && RetryRules.MayRetry(outcome, context.Request.Method, BodyOf(context), repeatsIdempotent: false);

    private static RequestBody BodyOf(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true ? RequestBody.Streamed : RequestBody.None;

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
