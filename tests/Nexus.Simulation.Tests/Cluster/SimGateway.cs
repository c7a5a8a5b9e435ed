using System.Collections.Immutable;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Cluster;

/// <summary>
/// A gateway: the core's own routing over watches of the real client, a report under a session as the real one writes it,
/// and synthetic requests with its rules for retries.
/// </summary>
internal sealed partial class SimGateway
{
    private const string RoutingFile = "routing";
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(3);

    private readonly SimProcess _process;
    private readonly ConsulClient _consul;
    private readonly SimNetwork _network;
    private readonly Chance _chance;
    private readonly string _name;
    private readonly Dictionary<PoolName, PoolReading> _readings = [];
    private readonly Dictionary<PoolName, CancellationTokenSource> _watches = [];
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<PoolName, ImmutableArray<RevisionWeight>> _weights = [];
    private readonly bool _believesEmptyLists;
    private ClusterSpec? _spec;
    private RoutesRecord? _routes;
    private bool _knowsRoutes;
    private bool _knowsWeights;
    private bool _specIsLost;
    private long _specRevision;

    public SimGateway(SimProcess process, ConsulClient consul, SimNetwork network, Chance chance, bool believesEmptyLists)
    {
        (_process, _consul, _network, _chance, _believesEmptyLists) = (process, consul, network, chance, believesEmptyLists);
        _name = process.Name;
        Routing = process.Machine.Disk.GetValueOrDefault(RoutingFile) as RoutingSnapshot ?? RoutingSnapshot.Empty;
        Apply(Routing);
    }

    public SimProcess Process => _process;

    public string Name => _name;

    public RoutingSnapshot Routing { get; private set; }

    private string ServiceId => "nexus-gateway-" + _name;

    private string CheckId => ServiceId + ":alive";

    /// <summary>Whether new requests may go to this try of an allocation.</summary>
    public bool TakesRequests(string allocation, int attempt) =>
        _places.TryGetValue(allocation, out var place) && place.Destination.Attempt == attempt && place.Takes;

    /// <summary>Whether it knows this try of an allocation at all.</summary>
    public bool Knows(string allocation, int attempt) =>
        _places.TryGetValue(allocation, out var place) && place.Destination.Attempt == attempt;

    /// <summary>Requests of this gateway inside an allocation.</summary>
    public int InFlight(string allocation) => _places.TryGetValue(allocation, out var place) ? place.InFlight : 0;

    public void Start() => _process.Deliver(() =>
    {
        _ = GuardAsync("spec", FollowSpecAsync);
        _ = GuardAsync("routes", FollowRoutesAsync);
        _ = GuardAsync("rollouts", FollowRolloutsAsync);
        _ = GuardAsync("lease", KeepLeaseAsync);
    });

    private async Task GuardAsync(string what, Func<Task> loop)
    {
        while (true)
        {
            try
            {
                await loop();
            }
            catch (Exception e)
            {
                _process.World.Log(_name, $"{what}: {e.Message.Split('\n')[0]}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), _process.Clock);
        }
    }

    private async Task FollowSpecAsync()
    {
        await foreach (var pointer in _consul.Kv.WatchAsync(StateKeys.SpecCurrent, null, CancellationToken.None))
        {
            _specIsLost = pointer.Value is null;
            if (pointer.Value is not { } pair)
            {
                Recompute();
                continue;
            }

            if (StateRecords.Read(pair.Key, pair.Value, StateJson.Default.SpecPointer).Value is not { Revision: var revision })
            {
                continue;
            }

            var key = StateKeys.SpecRevision(revision);
            var document = await _consul.Kv.GetAsync(key, CancellationToken.None);
            if (StateRecords.Read(key, document?.Value, StateJson.Default.SpecDocument).Value is { Yaml: var yaml })
            {
                (_spec, _specRevision) = (SpecReader.Read(yaml, "spec").Spec, revision);
                FollowPools();
                Recompute();
            }
        }
    }

    private void FollowPools()
    {
        if (_spec is null)
        {
            return;
        }

        // As the real one: also what it routes to without the record that said so.
        var routed = RoutingTable.Watched(Facts()).Union(Routing.Pools.Select(pool => pool.Name));
        foreach (var pool in routed.Where(p => !_watches.ContainsKey(p)).OrderBy(p => p.Value, StringComparer.Ordinal))
        {
            var ending = new CancellationTokenSource();
            _watches[pool] = ending;
            _ = GuardAsync(pool.Value, () => FollowPoolAsync(pool, ending.Token));
        }
    }

    private async Task FollowPoolAsync(PoolName pool, CancellationToken cancellationToken)
    {
        var options = new WatchOptions
        {
            ResyncEveryWait = true,
            OnError = _ =>
            {
                _readings[pool] = PoolReading.Failed;
                Recompute();
            },
        };
        await foreach (var seen in _consul.Health.WatchServiceAsync(pool.Value, options, cancellationToken))
        {
            var instances = ImmutableArray.CreateBuilder<CatalogInstance>();
            foreach (var entry in seen.Value)
            {
                var meta = entry.Service.Meta;
                if (meta.GetValueOrDefault(CatalogNames.MetaAllocation) is not { } id)
                {
                    continue;
                }

                var failing = entry.Checks.Where(c => c.Status != CheckStatus.Passing).ToList();
                var health = failing.Exists(c => c.CheckId.StartsWith("_service_maintenance:", StringComparison.Ordinal)) ? InstanceHealth.Maintenance
                    : failing.Count == 0 ? InstanceHealth.Passing
                    : failing.TrueForAll(c => c.CheckId == HealthCheck.NodeCheckId) ? InstanceHealth.NodeSilent : InstanceHealth.Failing;
                instances.Add(new CatalogInstance(
                    new AllocationId(id), entry.Address, entry.Service.Port, int.Parse(meta.GetValueOrDefault(CatalogNames.MetaAttempt, "0")), health)
                {
                    Node = new NodeName(meta[CatalogNames.MetaNode]),
                    Revision = new PoolRevision(meta[CatalogNames.MetaRevision]),
                });
            }

            _readings[pool] = PoolReading.Listed(instances.ToImmutable());
            Recompute();
        }
    }

    private async Task FollowRoutesAsync()
    {
        await foreach (var seen in _consul.Kv.WatchAsync(StateKeys.Routes, null, CancellationToken.None))
        {
            _routes = seen.Value is { } pair ? StateJson.Read(pair.Key, pair.Value, StateJson.Default.RoutesRecord) : null;
            _knowsRoutes = true;
            FollowPools();
            Recompute();
        }
    }

    private RoutingFacts Facts() => new(_spec!, _specRevision, _readings)
    {
        Weights = _weights.ToImmutableDictionary(),
        KnowsWeights = _knowsWeights,
        SpecIsLost = _specIsLost,
        Routes = _routes,
        Busy = [.. _places.Values.Where(place => place.InFlight > 0).Select(place => place.Pool.Name)],
    };

    private async Task FollowRolloutsAsync()
    {
        await foreach (var seen in _consul.Kv.WatchPrefixAsync(StateKeys.Rollouts, null, CancellationToken.None))
        {
            foreach (var pair in seen.Value)
            {
                if (StateRecords.Read(pair.Key, pair.Value, StateJson.Default.RolloutRecord).Value is { } record)
                {
                    _weights[record.Pool] = record.Weights;
                }
            }

            _knowsWeights = true;
            Recompute();
        }
    }

    private void Recompute()
    {
        if (_spec is null || !_knowsRoutes)
        {
            return;
        }

        var previous = _believesEmptyLists ? RoutingSnapshot.Empty : Routing;
        var next = RoutingTable.Compute(Facts(), previous);
        if (!ReferenceEquals(next, Routing))
        {
            _process.Machine.Disk[RoutingFile] = next;
            Apply(next);
        }
    }

    private void Apply(RoutingSnapshot next)
    {
        Routing = next;
        var listed = next.Pools.SelectMany(p => p.Destinations.Select(d => (Pool: p, Destination: d)))
            .ToDictionary(d => d.Destination.Id.Value, StringComparer.Ordinal);
        foreach (var gone in _places.Keys.Where(id => !listed.ContainsKey(id)).ToList())
        {
            _places.Remove(gone, out var place);
            place!.BreakOff();
        }

        foreach (var (id, (pool, destination)) in listed)
        {
            if (_places.TryGetValue(id, out var place) && place.Destination.IsSameLife(destination))
            {
                place.Show(pool, destination);
                if (destination.Rotation == Rotation.Unhealthy)
                {
                    place.BreakOff();
                }
            }
            else
            {
                place?.BreakOff();
                _places[id] = new Place(pool, destination);
            }
        }
    }

    /// <summary>A destination with what this gateway has found out about it.</summary>
    private sealed class Place(PoolRouting pool, Destination destination)
    {
        public PoolRouting Pool { get; private set; } = pool;

        public Destination Destination { get; private set; } = destination;

        public bool Takes => Pool.TakesRequests(Destination);

        public List<Attempt> Under { get; } = [];

        public int InFlight => Under.Count;

        /// <summary>Not chosen before this moment, as long as there is another.</summary>
        public TimeSpan EjectedUntil { get; set; }

        public void Show(PoolRouting shown, Destination at) => (Pool, Destination) = (shown, at);

        /// <summary>It does not serve any more: what waits there goes elsewhere.</summary>
        public void BreakOff()
        {
            foreach (var attempt in Under.ToList())
            {
                attempt.BreakOff();
            }
        }
    }
}
