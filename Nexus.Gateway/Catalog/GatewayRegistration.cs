using System.Globalization;
using Microsoft.Extensions.Options;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Catalog;

/// <summary>
/// Lists this gateway in the catalog and says every moment that it lives; its session, and with it its report, hangs on that.
/// Traffic never depends on it: while Consul is away it only tries on.
/// </summary>
internal sealed class GatewayRegistration(
    ConsulClient consul, RoutingState routing, IOptions<GatewayOptions> options, IConfiguration configuration, TimeProvider time)
    : BackgroundService
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isRegistered;
    private volatile bool _isLeaving;

    /// <summary>The gateway's name.</summary>
    public string Name => options.Value.Name;

    /// <summary>The check that fails when this process is silent.</summary>
    public string CheckId => ServiceId + ":alive";

    private string ServiceId => $"{CatalogNames.Gateway}-{Name}";

    /// <summary>Ends when the catalog has listed this gateway once.</summary>
    public Task RegisteredAsync(CancellationToken cancellationToken) => _first.Task.WaitAsync(cancellationToken);

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

    /// <summary>Has the catalog warn of this gateway, so that nobody is sent here any more. Its session, and its word on what is under
    /// way here, live on until it has stopped.</summary>
    public Task LeaveAsync(CancellationToken cancellationToken)
    {
        _isLeaving = true;
        return RunOnceAsync(cancellationToken);
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
                snapshot.IsEmpty || _isLeaving ? CheckStatus.Warning : CheckStatus.Passing,
                _isLeaving ? "stopping" : snapshot.IsEmpty ? "no routing yet" : "routing",
                cancellationToken);
            _first.TrySetResult();
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
        Meta = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["name"] = Name,
            ["host"] = Environment.MachineName,
            ["pid"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
            [CatalogNames.MetaTraffic] = string.Join(';', Listeners.TrafficAddresses(configuration, options.Value)),
            ["api"] = options.Value.AdminUrl.ToString().TrimEnd('/'),
        },
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
