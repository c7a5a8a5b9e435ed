using Microsoft.Extensions.Options;
using Nexus.Gateway.Forwarding;
using Nexus.Gateway.Observability;

namespace Nexus.Gateway.Limits;

/// <summary>Refuses, before anything is spent on it, a request that the gateway has no room or no time for. Not on the admin port.</summary>
internal sealed class OverloadGuard(
    RequestDelegate next, SchedulingDelay delay, GatewayTelemetry telemetry, IOptions<GatewayOptions> options)
{
    private const int Usual = 20_000;

    private readonly int _adminPort = options.Value.AdminUrl.Port;
    private readonly int _most = options.Value.Limits.Requests ?? Math.Min(Usual, OpenFiles.ForReplicas());
    private int _underWay;

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Connection.LocalPort == _adminPort)
        {
            await next(context);
            return;
        }

        if (delay.IsTooLong)
        {
            delay.NoteRefused();
            telemetry.Refused(RefusalReason.Overloaded);
            await Refusal.OverloadedAsync(context, "it has too little CPU");
            return;
        }

        try
        {
            if (Interlocked.Increment(ref _underWay) > _most)
            {
                telemetry.Refused(RefusalReason.Overloaded);
                await Refusal.OverloadedAsync(context, $"{_most} requests are under way, its limit");
                return;
            }

            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }
}
