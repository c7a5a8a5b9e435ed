using Microsoft.Extensions.Options;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Catalog;

/// <summary>
/// Lists this gateway in the catalog and says every few seconds that it lives. Traffic never depends on it: while Consul is
/// away it only tries on.
/// </summary>
internal sealed class GatewayRegistration(
    ConsulClient consul, RoutingState routing, IOptions<GatewayOptions> options, IConfiguration configuration, TimeProvider time)
    : BackgroundService
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    private bool _isRegistered;

    private string ServiceId => $"{CatalogNames.Gateway}-{options.Value.Name}";

    private string CheckId => ServiceId + ":alive";

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (!_isRegistered)
        {
            return;
        }

        using var patience = new CancellationTokenSource(Goodbye, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await consul.Agent.DeregisterServiceAsync(ServiceId, either.Token);
        }
        catch (Exception e) when (e is ConsulException or OperationCanceledException)
        {
            // The check runs out and Consul drops the entry by itself.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await RunOnceAsync(stoppingToken);
            await Task.Delay(Beat, time, stoppingToken);
        }
    }

    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!_isRegistered)
            {
                await consul.Agent.RegisterServiceAsync(Registration(), cancellationToken);
                _isRegistered = true;
            }

            var snapshot = routing.Current;
            await consul.Agent.UpdateTtlAsync(
                CheckId,
                snapshot.IsEmpty ? CheckStatus.Warning : CheckStatus.Passing,
                snapshot.IsEmpty ? "no routing yet" : "routing",
                cancellationToken);
        }
        catch (ConsulException e)
        {
            // Also when the agent was restarted without its memory; unreachable says the watches' own log.
            _isRegistered = _isRegistered && !e.IsNotFound;
        }
    }

    private ServiceRegistration Registration() => new()
    {
        Id = ServiceId,
        Name = CatalogNames.Gateway,
        Address = options.Value.Address,
        Port = Listeners.TrafficPort(configuration, options.Value),
        Checks =
        [
            new TtlCheck
            {
                CheckId = CheckId,
                Name = "gateway is alive",
                Ttl = Ttl,
                InitialStatus = CheckStatus.Warning,
                DeregisterCriticalServiceAfter = TimeSpan.FromMinutes(10),
            },
        ],
    };
}
