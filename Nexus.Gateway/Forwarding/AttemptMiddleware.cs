using Microsoft.Extensions.Options;
using Nexus.Core.Routing;
using Nexus.Gateway.Limits;
using Nexus.Gateway.Live;
using Nexus.Gateway.Observability;
using Nexus.Gateway.Routing;
using Yarp.ReverseProxy.Model;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// The end of YARP's pipeline: has a request made at one destination after the other, as far as that is safe and the budget goes.
/// Without a destination the client is told so at once.
/// </summary>
internal sealed class AttemptMiddleware(
    RequestDelegate next, LivePools pools, Attempts attempts, ProxyRoutes routes, GatewayTelemetry telemetry, IOptions<GatewayOptions> options,
    TimeProvider time)
{
    private readonly int _adminPort = options.Value.AdminUrl.Port;

    public async Task InvokeAsync(HttpContext context)
    {
        _ = next; // Nobody: what YARP would do there is done by the attempts.
        if (context.Connection.LocalPort == _adminPort)
        {
            await Refusal.NotRoutedAsync(context); // Replicas are for the traffic ports.
            return;
        }

        AttemptOutcome? outcome;
        string pool;
        bool isWithin;
        do
        {
            // A route may lead elsewhere since the request was matched; then nobody takes requests where it led, and its limits are others.
            var proxy = context.GetReverseProxyFeature();
            if (!ProxyConfigTranslation.TryTarget(context, proxy.Route.Config))
            {
                await Refusal.BadRequestAsync(context, "the path can be read as one of another route; send it without dot segments.");
                return;
            }

            pool = proxy.Cluster.Config.ClusterId;
            isWithin = context.Features.Get<LimitedBody>()?.TryLimit(BodyLimits.Of(proxy.Route.Config, options.Value)) ?? true;
            outcome = isWithin && pools.Find(pool) is { } live ? await ForwardAsync(context, proxy, live) : null;
        }
        while (outcome is null && routes.TryMatchAgain(context));

        if (!isWithin)
        {
            return; // The answer is that of RequestLimitsMiddleware.
        }

        telemetry.Requested(pool, outcome);
        if (outcome is not (AttemptOutcome.Answered or AttemptOutcome.ClientGone) && !context.Response.HasStarted)
        {
            await Refusal.ForPoolAsync(context, pool, outcome);
        }

        if (context.Features.Get<Upload>() is { LeavesRest: true } upload)
        {
            await Linger.ReadOnAsync(context, upload, time);
        }
    }

    private async Task<AttemptOutcome?> ForwardAsync(HttpContext context, IReverseProxyFeature proxy, LivePool pool)
    {
        pool.Budget.BeginRequest();
        try
        {
            return await TryAsync(context, proxy, pool);
        }
        finally
        {
            pool.Budget.EndRequest();
        }
    }

    /// <summary>How the last attempt went; null when there was nobody to ask at all.</summary>
    private async Task<AttemptOutcome?> TryAsync(HttpContext context, IReverseProxyFeature proxy, LivePool pool)
    {
        var retry = pool.Retry;
        var request = new RepeatableRequest(context, retry);
        List<LiveDestination>? tried = null;
        AttemptOutcome? outcome = null;
        for (var left = retry.Attempts; left > 0;)
        {
            var chosen = attempts.Enter(pool, tried);
            if (chosen is null)
            {
                break;
            }

            if (outcome is { } failed)
            {
                if (!await pool.Budget.EnterAsync(retry.BudgetPercent, failed, context.RequestAborted))
                {
                    chosen.Leave();
                    telemetry.Denied(pool.Name);
                    break;
                }

                telemetry.Retried(pool.Name, failed);
                request.Rewind();
            }

            outcome = await attempts.MakeAsync(context, proxy, chosen, request, isRetry: outcome is not null);
            if (outcome == AttemptOutcome.Answered || !request.MayRepeat(outcome.Value))
            {
                break;
            }

            // A destination whose time was over has had no attempt that counts; it is not asked again either.
            left -= outcome == AttemptOutcome.BrokenOff ? 0 : 1;
            (tried ??= []).Add(chosen);
        }

        return outcome;
    }
}
