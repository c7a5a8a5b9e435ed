using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Values;
using Nexus.Core.State;

namespace Nexus.Core.Tests.Reconcile;

/// <summary>
/// A cluster of agents and gateways that follow what the leader writes, walked forward pass by pass. A pool whose image is
/// <c>broken</c> never serves. Whether a request is served is judged by the gateways' own tables and by what runs.
/// </summary>
internal sealed class RouteWorld
{
    private readonly Dictionary<long, ClusterSpec> _specs = [];
    private readonly Dictionary<string, RoutesRecord?> _applied = new(StringComparer.Ordinal);
    private ClusterSnapshot _snapshot = new() { Index = 1 };

    public RouteWorld(int gateways = 2)
    {
        foreach (var node in new[] { "n1", "n2", "n3" })
        {
            _snapshot = Cluster.Ready(node)(_snapshot);
        }

        foreach (var gateway in Enumerable.Range(1, gateways).Select(i => "g" + i))
        {
            _applied[gateway] = null;
        }
    }

    public DateTimeOffset Now { get; private set; } = Cluster.Now;

    public List<string> Notices { get; } = [];

    public RoutesRecord? Record => _snapshot.Routes;

    public ReconcilePlan Plan { get; private set; } = new(0, [], [], null);

    public IEnumerable<string> Gateways => _applied.Keys;

    public void Apply(string yaml)
    {
        var read = SpecReader.Read(yaml, "test");
        Assert.True(read.IsValid, string.Join('\n', read.Lines));
        var revision = _snapshot.SpecRevision + 1;
        _specs[revision] = read.Spec!;
        _snapshot = _snapshot with { Spec = read.Spec, SpecRevision = revision };
    }

    /// <summary>Lets time pass.</summary>
    /// <param name="passes">How many looks of the leader.</param>
    /// <param name="check">Called after everything that changes.</param>
    /// <param name="lags">Gateways that apply nothing meanwhile.</param>
    public void Run(int passes, Action? check = null, params string[] lags)
    {
        for (var pass = 0; pass < passes; pass++)
        {
            Now += TimeSpan.FromSeconds(2);
            Lead();
            check?.Invoke();
            foreach (var node in _snapshot.Nodes.Keys)
            {
                Obey(node);
                check?.Invoke();
            }

            foreach (var gateway in _applied.Keys.Except(lags, StringComparer.Ordinal).ToList())
            {
                _applied[gateway] = _snapshot.Routes;
                check?.Invoke();
            }

            Report();
        }
    }

    /// <summary>Who serves a request at a gateway: a pool, <c>404</c> without a route, <c>503</c> without a replica.</summary>
    public string Ask(string gateway, string url)
    {
        var slash = url.IndexOf('/');
        var routes = _applied[gateway]?.Routes ?? [];
        var table = new RouteTable<Route>(routes.Select(route => (route.Pattern, route)));
        return table.Find(url.AsSpan(0, slash), UrlPath.Canonical(url[slash..])) is not { } route ? "404"
            : Serving(route.Pool) > 0 ? route.Pool.Value : "503";
    }

    /// <summary>The same of all gateways.</summary>
    public string Ask(string url) => Assert.Single(Gateways.Select(gateway => Ask(gateway, url)).Distinct(StringComparer.Ordinal));

    public int Running(string pool) => _snapshot.Assignments.Values.SelectMany(a => a.Allocations)
        .Count(a => a.Pool.Value == pool && a.Desired == DesiredStatus.Run);

    /// <summary>The gateways' sessions end, and their reports with them, until they report again.</summary>
    public void LoseReports() => _snapshot = _snapshot with { Gateways = _snapshot.Gateways.Clear() };

    public void LoseRecord() => _snapshot = _snapshot with { Routes = null };

    // One that is told to stop is out of rotation at once, whatever its gateways know.
    private int Serving(PoolName pool)
    {
        var healthy = _snapshot.Observations.Values.SelectMany(o => o.Allocations).Where(o => o.Healthy).Select(o => o.Id).ToHashSet();
        return _snapshot.Assignments.Values.SelectMany(a => a.Allocations)
            .Count(a => a.Pool == pool && a.Desired == DesiredStatus.Run && healthy.Contains(a.Id));
    }

    private void Lead()
    {
        _snapshot = _snapshot with { Index = _snapshot.Index + 1, Retained = Retained() };
        Plan = Reconciler.Compute(_snapshot, Now);
        foreach (var assignment in AssignmentChanges.Compute(_snapshot, Plan, epoch: 1))
        {
            _snapshot = _snapshot with { Assignments = _snapshot.Assignments.SetItem(assignment.Node.Value, assignment) };
        }

        _snapshot = _snapshot with
        {
            Routes = Plan.Routes ?? _snapshot.Routes,
            Rollouts = _snapshot.Rollouts.SetItems(Plan.Rollouts.Select(r => KeyValuePair.Create(r.Pool.Value, r))),
        };
        Notices.AddRange(Plan.Notices.Select(n => $"{n.Kind}: {n.Message}"));
    }

    private ImmutableArray<PoolSpec> Retained() => _snapshot.Routes is not { } record ? [] :
    [
        .. record.Retained.Concat(record.Routes.Select(r => new RetainedPool(r.Pool, record.SpecRevision)))
            .Where(r => _snapshot.Spec!.Pools.All(p => p.Name != r.Pool)).DistinctBy(r => r.Pool)
            .Select(r => _specs[r.SpecRevision].Pools.Single(p => p.Name == r.Pool)),
    ];

    private void Obey(string node)
    {
        if (!_snapshot.Assignments.TryGetValue(node, out var assignment))
        {
            return;
        }

        var before = _snapshot.Observations.GetValueOrDefault(node)?.Allocations.ToDictionary(o => o.Id) ?? [];
        var images = assignment.Templates.ToDictionary(t => (t.Pool, t.Revision), t => t.Template.Image);
        _snapshot = _snapshot with
        {
            Observations = _snapshot.Observations.SetItem(node, new NodeObservation
            {
                Node = assignment.Node,
                Epoch = assignment.Epoch,
                Generation = assignment.Generation,
                Allocations = [.. assignment.Allocations.Select(a => Next(a, before.GetValueOrDefault(a.Id), images[(a.Pool, a.Revision)]))],
            }),
        };
    }

    private ObservedAllocation Next(AllocationAssignment told, ObservedAllocation? before, string image)
    {
        var seen = before ?? new ObservedAllocation { Id = told.Id, Pool = told.Pool, Revision = told.Revision };
        return (told.Desired, seen.Phase) switch
        {
            (DesiredStatus.Stop, AllocationPhase.Draining or AllocationPhase.Stopped) => seen with { Phase = AllocationPhase.Stopped },
            (DesiredStatus.Stop, _) => seen with { Phase = AllocationPhase.Draining, Healthy = false, HealthySince = null },
            (_, AllocationPhase.Pending) => seen with { Phase = AllocationPhase.Starting },
            (_, AllocationPhase.Starting) when image != "broken" => seen with { Phase = AllocationPhase.Running, Healthy = true, HealthySince = Now },
            _ => seen,
        };
    }

    private void Report()
    {
        foreach (var (gateway, record) in _applied)
        {
            var routed = record?.Routes.Select(r => r.Pool).ToHashSet() ?? [];
            var known = routed.Union(_snapshot.Spec!.Gateway.Routes.Select(r => r.Pool)).ToHashSet();
            _snapshot = _snapshot with
            {
                Gateways = _snapshot.Gateways.SetItem(gateway, new GatewayReport
                {
                    Gateway = gateway,
                    RoutesRevision = record?.Revision ?? 0,
                    Pools = [.. known],
                    Destinations =
                    [
                        .. _snapshot.Observations.Values.SelectMany(o => o.Allocations).Where(o => known.Contains(o.Pool))
                            .Select(o => new GatewayDestination(o.Id, o.Attempt, o.Healthy && routed.Contains(o.Pool), 0, 0)),
                    ],
                }),
            };
        }
    }
}
