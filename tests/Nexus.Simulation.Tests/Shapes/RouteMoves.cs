using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Shapes;

/// <summary>
/// Specs that rename pools and lead routes to other pools, some of which never serve. Drawn last, so that the rest of a seed stays what it
/// was.
/// </summary>
internal sealed class RouteMoves(SimCluster cluster, Faults faults, Chance chance)
{
    private const string Part = "/api";

    private readonly Stack<SpecShape> _before = new();
    private int _number;

    public void Plan()
    {
        if (chance.In(40))
        {
            return;
        }

        for (var i = chance.Between(1, 3); i > 0; i--)
        {
            var own = chance.Fork();
            cluster.World.After(own.Between(TimeSpan.FromSeconds(30), faults.Until - TimeSpan.FromSeconds(20)), () => faults.Ask(spec => Move(spec, own)));
        }
    }

    private SpecShape Move(SpecShape spec, Chance own)
    {
        if (_before.Count > 0 && own.In(20))
        {
            return _before.Pop();
        }

        _before.Push(spec);
        var route = own.Of(spec.Routes);
        var pool = spec.Pools.First(p => p.Name == route.Pool);
        switch (own.Between(1, 10))
        {
            case <= 4:
                return Rename(spec, pool, Successor(pool, own));
            case <= 6:
                var beside = Successor(pool, own);
                return Lead(spec with { Pools = [.. spec.Pools, beside] }, route, beside.Name);
            case <= 8:
                var led = Lead(spec, route, own.Of(spec.Pools).Name);
                return own.In(50) ? WithoutUnrouted(led) : led;
            default:
                return own.In(60) ? LeadPart(spec, route.Host, own.Of(spec.Pools).Name) : LeadNewPart(spec, route.Host, Successor(pool, own));
        }
    }

    // It shares nothing that only one pool can have: both run side by side for a while.
    private PoolShape Successor(PoolShape pool, Chance own)
    {
        var number = ++_number;
        return pool with
        {
            Name = "q" + number,
            HostPort = pool.HostPort is null ? null : 9100 + number,
            Version = pool.Version + own.Between(0, 1),
            Behaviour = own.In(25) ? own.Of([Behaviour.Crashes, Behaviour.NeverHealthy, Behaviour.Missing]) : own.In(25) ? Behaviour.Slow : Behaviour.Good,
        };
    }

    private static SpecShape Rename(SpecShape spec, PoolShape pool, PoolShape successor) => new(
        [.. spec.Pools.Select(p => p == pool ? successor : p)],
        [.. spec.Routes.Select(r => r.Pool == pool.Name ? r with { Pool = successor.Name } : r)]);

    private static SpecShape Lead(SpecShape spec, RouteShape route, string pool) =>
        spec with { Routes = [.. spec.Routes.Select(r => r == route ? r with { Pool = pool } : r)] };

    private static SpecShape LeadNewPart(SpecShape spec, string host, PoolShape successor) =>
        LeadPart(spec with { Pools = [.. spec.Pools, successor] }, host, successor.Name);

    // A part that has a route of its own loses it.
    private static SpecShape LeadPart(SpecShape spec, string host, string pool) => spec.Routes.FirstOrDefault(r => r.Host == host && r.Path == Part) is { } part
        ? spec with { Routes = [.. spec.Routes.Where(r => r != part)] }
        : spec with { Routes = [.. spec.Routes, new RouteShape(host, Part, pool)] };

    private static SpecShape WithoutUnrouted(SpecShape spec) =>
        spec with { Pools = [.. spec.Pools.Where(p => spec.Routes.Any(r => r.Pool == p.Name))] };
}
