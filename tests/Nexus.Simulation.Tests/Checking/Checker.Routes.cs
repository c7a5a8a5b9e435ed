using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Shapes;

namespace Nexus.Simulation.Tests.Checking;

/// <summary>What is promised of routes, and of requests.</summary>
internal sealed partial class Checker
{
    private readonly List<RoutePlace> _places = [];
    private readonly Dictionary<SimGateway, object> _routings = [];

    private bool IsHarmless => !_faults.AnyHarm && World.Elapsed - _faults.LastHarmEndedAt > Peace;

    public void RequestOver(SimRequest request, TimeSpan began)
    {
        Requests = (Requests.All + 1, Requests.Failed + (request.Failure is null ? 0 : 1));
        var place = _places.First(p => p.Host == request.Host && p.Path == request.Path);
        var pool = _pools[place.HomeSince > began ? place.HomeBefore : place.Home];
        if (request.Failure is { } failure && pool.Least > 0)
        {
            var what = $"{request.Method} to {place} ({request.Pool}) failed: {failure}";
            if (pool.Armed && InPeace && pool.ArmedAt < began)
            {
                Break("no request lost in peace", what);
            }

            if (request.Method == "GET" && IsHarmless && pool.WholeSince < began)
            {
                Break("no GET lost but to harm", what);
            }
        }

        if (request.By is { Running: false } dead)
        {
            Break("no success of the stopped", $"{request.Method} to {place} was answered by {dead.Id}, which had ended");
        }

        if (request.By is { TermAt: { } term } leaving && request.AttemptBegan > term && InPeace)
        {
            Break("no request to the stopped", $"{request.Method} to {place} was sent to {leaving.Id}, which had been told to stop");
        }
    }

    private void WantRoutes(SpecShape spec)
    {
        if (_places.Count == 0)
        {
            _places.AddRange(spec.Routes.SelectMany(r => Traffic.Paths.Select(path => new RoutePlace(r.Host, path, r.Pool))));
        }

        foreach (var place in _places)
        {
            place.Ask(spec.PoolOf(place.Host, place.Path)!);
        }
    }

    /// <summary>Whether routes lead to a pool as far as all gateways know.</summary>
    private bool IsHome(PoolWatch pool) => _places.Exists(p => p.Home == pool.Name);

    /// <summary>Whether any gateway leads requests to a pool, so that its replicas can get some.</summary>
    private bool IsRouted(string pool) => _places.Exists(p => p.Home == pool || p.Seen.ContainsValue(pool));

    /// <summary>How many replicas serve at least. What a pool was that the spec has no more is known as long as the records are that say so.</summary>
    private int LeastOf(PoolWatch pool) =>
        !IsHome(pool) || (pool.IsRemoved && (_faults.IsEmptied || _faults.Records.RoutesWereSpoiled)) ? 0 : pool.Least;

    private void FollowRoutes()
    {
        foreach (var gateway in _cluster.LiveGateways.Where(g => !ReferenceEquals(_routings.GetValueOrDefault(g), g.Routing)))
        {
            _routings[gateway] = gateway.Routing;
            foreach (var place in _places)
            {
                if (gateway.LeadsTo(place.Host, place.Path) is { } pool && place.Seen.GetValueOrDefault(gateway.Name) != pool)
                {
                    place.Seen[gateway.Name] = pool;
                    _dirty = true;
                    CheckSwitch(gateway, place, pool);
                }
            }
        }

        foreach (var place in _places)
        {
            var leads = Live.Select(g => g.LeadsTo(place.Host, place.Path)).Distinct(StringComparer.Ordinal).ToList();
            if (leads is [{ } pool] && pool != place.Home)
            {
                Settle(place, pool);
            }
        }
    }

    private void Settle(RoutePlace place, string pool)
    {
        World.Log("checker", $"{place} leads to {pool} at all gateways, no longer to {place.Home}");
        var now = _pools[pool];
        if (!IsHome(now))
        {
            // It is promised from now on, if what served before was whole.
            now.Armed = false;
            now.WholeSince = IsHarmless && _pools[place.Home].WholeSince is not null ? World.Elapsed : null;
        }

        place.Settle(pool, World.Elapsed);
        _dirty = true;
    }

    /// <summary>A gateway leads somewhere else from now on: only where a spec says, and only to a pool that serves.</summary>
    private void CheckSwitch(SimGateway gateway, RoutePlace place, string pool)
    {
        if (pool == place.Home)
        {
            return;
        }

        if (!HasServed(_pools[pool]) && Answers(place.Home))
        {
            Break("routes wait for their pool", $"{gateway.Name} leads {place} to {pool}, which has never served; {place.Home} serves");
        }

        if (!IsHarmless)
        {
            return;
        }

        if (!place.MayLeadTo(pool))
        {
            Break("routes lead where the spec says", $"{gateway.Name} leads {place} to {pool}; it led to {place.Home}, and {place.Asked} is asked for");
        }

        var least = _faults.IsDraining ? 1 : Math.Max(1, _pools[pool].Least);
        var serve = RunningOf(pool).Count(w => w.Answers && gateway.TakesRequests(w.Allocation, w.Attempt));
        if (_pools[place.Home].WholeSince is not null && serve < least)
        {
            Break("routes wait for their pool", $"{gateway.Name} leads {place} to {pool}, of which {serve} serve and {least} should; {place.Home} served");
        }
    }

    private bool HasServed(PoolWatch pool) => pool.HasServed = pool.HasServed || RunningOf(pool.Name).Any(w => w.Ready);

    /// <summary>A pool that the spec has no more is not stopped while a gateway leads requests to it.</summary>
    private void CheckOutlivesItsRoutes(PoolWatch pool)
    {
        if (!pool.IsRemoved || pool.WholeSince is null)
        {
            return;
        }

        var assigned = _desired.Values.SelectMany(node => node.Allocations).Where(a => a.Pool == pool.Name).ToList();
        if (assigned.Count > 0 && assigned.TrueForAll(a => a.Desired == "Stop")
            && Live.Any(g => _places.Exists(p => g.LeadsTo(p.Host, p.Path) == pool.Name)))
        {
            Break("pools outlive their routes", $"all of {pool.Name} is to stop while a gateway leads requests to it");
        }
    }
}
