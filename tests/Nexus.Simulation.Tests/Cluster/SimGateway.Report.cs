using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Simulation.Tests.Cluster;

/// <summary>The gateway's lease and its word to scheduler and agents.</summary>
internal sealed partial class SimGateway
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan WitnessWindow = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (TimeSpan? Good, TimeSpan? Bad)> _nodes = new(StringComparer.Ordinal);

    private async Task KeepLeaseAsync()
    {
        await _consul.Agent.RegisterServiceAsync(
            new ServiceRegistration
            {
                Id = ServiceId,
                Name = CatalogNames.Gateway,
                Checks = [new TtlCheck { CheckId = CheckId, Ttl = Ttl, InitialStatus = CheckStatus.Passing }],
                ReplaceExistingChecks = true,
            },
            CancellationToken.None);
        await _consul.Agent.UpdateTtlAsync(CheckId, CheckStatus.Passing, "", CancellationToken.None);
        var session = await _consul.Sessions.CreateAsync(
            new SessionRequest
            {
                Name = _name,
                LockDelay = TimeSpan.Zero,
                Behavior = SessionBehavior.Delete,
                Checks = [HealthCheck.NodeCheckId, CheckId],
            },
            CancellationToken.None);
        byte[] written = [];
        var renewed = _process.Clock.GetTimestamp();
        while (true)
        {
            if (_process.Clock.GetElapsedTime(renewed) >= Ttl / 3)
            {
                renewed = _process.Clock.GetTimestamp();
                await _consul.Agent.UpdateTtlAsync(CheckId, CheckStatus.Passing, "", CancellationToken.None);
                if (await _consul.Sessions.InfoAsync(session, CancellationToken.None) is null)
                {
                    throw new ConsulException("the session is gone");
                }

                var stands = await _consul.Kv.GetAsync(StateKeys.GatewayReport(_name), CancellationToken.None);
                var isReadable = StateRecords.Read(StateKeys.GatewayReport(_name), stands?.Value, StateJson.Default.GatewayReport).Value is not null;
                if (written.Length > 0 && (stands?.Session != session || !isReadable))
                {
                    written = [];
                }
            }

            var report = StateJson.Write(Report(), StateJson.Default.GatewayReport);
            if (!report.AsSpan().SequenceEqual(written))
            {
                // A session that is gone is an exception; a key that another holds is a former life of ours.
                if (await _consul.Kv.AcquireAsync(StateKeys.GatewayReport(_name), report, session, CancellationToken.None))
                {
                    written = report;
                }
                else
                {
                    await EndOrphanAsync();
                }
            }

            await Task.Delay(Glance, _process.Clock);
        }
    }

    private async Task EndOrphanAsync()
    {
        var holder = (await _consul.Kv.GetAsync(StateKeys.GatewayReport(_name), ReadConsistency.Consistent, CancellationToken.None))?.Session;
        if (holder is not null && await _consul.Sessions.InfoAsync(holder, CancellationToken.None) is { } info && info.Checks.Contains(CheckId))
        {
            await _consul.Sessions.DestroyAsync(holder, CancellationToken.None);
        }
    }

    private GatewayReport Report() => new()
    {
        Gateway = _name,
        SpecRevision = _specRevision,
        RoutingRevision = Routing.Revision,
        RoutesRevision = Routing.RoutesRevision,
        Pools = [.. Routing.Pools.Select(p => p.Name)],
        Destinations =
        [
            .. _places.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p =>
            {
                var takes = p.Value.Takes;
                return new GatewayDestination(new AllocationId(p.Key), p.Value.Destination.Attempt, takes, takes ? 0 : p.Value.InFlight, 0);
            }),
        ],
        Nodes =
        [
            .. _places.Values.Where(p => p.Destination is { IsDoubted: true, Node: not null })
                .Select(p => p.Destination.Node!.Value.Value)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
                .Select(n => (Node: n, Reachable: Judge(_nodes.GetValueOrDefault(n))))
                .Where(n => n.Reachable is not null)
                .Select(n => new NodeWitness(new NodeName(n.Node), n.Reachable!.Value)),
        ],
    };

    private bool? Judge((TimeSpan? Good, TimeSpan? Bad) seen)
    {
        var since = _process.World.Elapsed - WitnessWindow;
        return seen.Good > since ? true : seen.Bad > since ? false : null;
    }

    private void Witness(Place place, bool reached)
    {
        if (place.Destination.Node is { } node)
        {
            var seen = _nodes.GetValueOrDefault(node.Value);
            _nodes[node.Value] = reached ? (_process.World.Elapsed, seen.Bad) : (seen.Good, _process.World.Elapsed);
        }
    }
}
