using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Routing;

/// <summary>
/// A tiny language for what the catalog says, so that a test row is one line: <c>a+ b-1 c~</c> is allocation a passing, b failing
/// in its second life, c in maintenance; <c>?+</c> is an instance that is not ours; <c>fail</c> a read that failed.
/// </summary>
internal static class Traffic
{
    public static readonly PoolName Web = new("web");

    public static ClusterSpec Spec(int minReplicas = 1, params RouteSpec[] routes) => new()
    {
        Pools =
        [
            new PoolSpec
            {
                Name = Web,
                MinReplicas = minReplicas,
                MaxReplicas = 9,
                Template = new PoolTemplate { Image = "app", Port = 80 },
            },
        ],
        Gateway = new GatewaySpec { Routes = routes.Length > 0 ? [.. routes] : [new RouteSpec { Pool = Web }] },
    };

    public static PoolReading Read(string text) => text.Trim() == "fail"
        ? PoolReading.Failed
        : PoolReading.Listed([.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ReadOne)]);

    public static RoutingSnapshot Apply(RoutingSnapshot before, PoolReading reading, int minReplicas = 1) =>
        RoutingTable.Compute(
            new RoutingFacts(Spec(minReplicas), 1, ImmutableDictionary<PoolName, PoolReading>.Empty.Add(Web, reading)), before);

    /// <summary>The pool after reading one after another, separated by bars.</summary>
    public static RoutingSnapshot Replay(string readings, int minReplicas = 1) =>
        readings.Split('|').Select(Read).Aggregate(RoutingSnapshot.Empty, (before, r) => Apply(before, r, minReplicas));

    public static string Show(RoutingSnapshot snapshot)
    {
        var pool = snapshot.Find(Web)!;
        return string.Join(' ', pool.Destinations.Select(d => d.Id.Value + Sign(d.Rotation)).Prepend(pool.Trust + ":"));
    }

    private static CatalogInstance ReadOne(string text)
    {
        var health = text[1] switch
        {
            '+' => InstanceHealth.Passing,
            '-' => InstanceHealth.Failing,
            '~' => InstanceHealth.Maintenance,
            _ => throw new FormatException($"'{text}' must be a letter, one of +-~ and perhaps an attempt."),
        };
        var attempt = text.Length > 2 ? int.Parse(text[2..]) : 0;
        return new CatalogInstance(text[0] == '?' ? null : new AllocationId(text[..1]), "10.0.0.1", 1000 + text[0], attempt, health);
    }

    private static char Sign(Rotation rotation) => rotation switch
    {
        Rotation.In => '+',
        Rotation.Unhealthy => '-',
        _ => '~',
    };
}
