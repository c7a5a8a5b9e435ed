using CsCheck;

namespace Nexus.Core.Tests.Reconcile;

/// <summary>Routes lead to a pool once it serves; what served before goes on until then and no shorter.</summary>
public sealed class RouteTransitionTests
{
    private const int Enough = 20;

    [Fact]
    public void A_renamed_pool_serves_until_its_successor_does()
    {
        var world = Serving("old: {image: a, port: 1, min_replicas: 2}", "{path: /, pool: old}");
        world.Apply(Yaml("fresh: {image: b, port: 1, min_replicas: 5}", "{path: /, pool: fresh}"));

        var seen = Follow(world, "h/", Enough);

        Assert.Equal(["old", "fresh"], seen);
        Assert.Equal((0, 5), (world.Running("old"), world.Running("fresh")));
        Assert.Contains(world.Notices, n => n.StartsWith("RouteWaits: Route / stays with pool old until pool fresh serves", StringComparison.Ordinal));
        Assert.Contains("RouteSwitched: Route / leads to pool fresh now.", world.Notices);
        Assert.Empty(world.Record!.Held);
        Assert.Empty(world.Record.Retained);
        Assert.True(world.Plan.IsEmpty);
    }

    [Fact]
    public void A_pool_that_never_serves_leaves_the_route_and_the_old_pool_where_they_are()
    {
        var world = Serving("old: {image: a, port: 1}", "{path: /, pool: old}");
        world.Apply(Yaml("fresh: {image: broken, port: 1}", "{path: /, pool: fresh}"));

        var seen = Follow(world, "h/", 80);

        Assert.Equal(["old"], seen);
        var wait = Assert.Single(world.Plan.Waits);
        Assert.True(wait.Held.IsOverdue);
        Assert.Contains("0 of 1 replicas of pool 'fresh' serve", wait.Reason, StringComparison.Ordinal);
        Assert.Equal(1, world.Running("old"));
        Assert.Single(world.Notices, n => n.StartsWith("RouteNotSwitched: Route / stays with pool old and not fresh", StringComparison.Ordinal));

        // Going back is nothing to wait for, and the pool that never served goes.
        world.Apply(Yaml("old: {image: a, port: 1}", "{path: /, pool: old}"));
        Assert.Equal(["old"], Follow(world, "h/", Enough));
        Assert.Equal((1, 0), (world.Running("old"), world.Running("fresh")));
        Assert.Empty(world.Plan.Waits);
    }

    [Fact]
    public void The_old_pool_stays_for_a_gateway_that_has_not_switched_yet()
    {
        var world = Serving("old: {image: a, port: 1}", "{path: /, pool: old}");
        world.Apply(Yaml("fresh: {image: b, port: 1}", "{path: /, pool: fresh}"));

        world.Run(Enough, () => Assert.DoesNotContain("503", world.Gateways.Select(g => world.Ask(g, "h/"))), lags: "g2");

        Assert.Equal(("fresh", "old"), (world.Ask("g1", "h/"), world.Ask("g2", "h/")));
        Assert.Equal(1, world.Running("old"));
        world.Run(4);
        Assert.Equal(0, world.Running("old"));
    }

    [Fact]
    public void A_new_more_specific_route_waits_behind_the_one_that_takes_its_requests()
    {
        var world = Serving("web: {image: a, port: 1}", "{path: /, pool: web}");
        world.Apply(Yaml("web: {image: a, port: 1}, api: {image: b, port: 1}", "{path: /, pool: web}, {path: /api, pool: api, strip_prefix: true}"));

        Assert.Equal(["web", "api"], Follow(world, "h/api/v1", Enough));
        Assert.Equal(["web"], Follow(world, "h/x", 2));
    }

    [Fact]
    public void A_route_that_takes_over_from_more_specific_ones_lets_them_serve_until_it_can()
    {
        var world = Serving(
            "one: {image: a, port: 1}, two: {image: a, port: 1}", "{path: /shop, pool: one, strip_prefix: true}, {path: /shop/cart, pool: two}");
        world.Apply(Yaml("both: {image: b, port: 1}", "{path: /shop, pool: both}"));

        var cart = new List<string>();
        var shop = new List<string>();
        world.Run(Enough, () =>
        {
            cart.Add(world.Ask("g1", "h/shop/cart/1"));
            shop.Add(world.Ask("g1", "h/shop/a"));
        });

        Assert.Equal(["two", "both"], cart.Distinct(StringComparer.Ordinal));
        Assert.Equal(["one", "both"], shop.Distinct(StringComparer.Ordinal));
        Assert.Equal((0, 0, 1), (world.Running("one"), world.Running("two"), world.Running("both")));
    }

    [Fact]
    public void Where_nothing_served_before_there_is_nothing_to_wait_for()
    {
        var world = Serving("web: {image: a, port: 1}", "{host: a.example, pool: web}");
        world.Apply(Yaml("web: {image: a, port: 1}, api: {image: b, port: 1}", "{host: a.example, pool: web}, {host: b.example, pool: api}"));

        world.Run(1);

        Assert.Equal("503", world.Ask("b.example/"));
        Assert.Equal(["503", "api"], Follow(world, "b.example/", Enough));
    }

    [Fact]
    public void Routes_swapped_between_pools_that_serve_move_at_once_and_together()
    {
        const string pools = "one: {image: a, port: 1}, two: {image: b, port: 1}";
        var world = Serving(pools, "{path: /a, pool: one}, {path: /b, pool: two}");
        world.Apply(Yaml(pools, "{path: /a, pool: two}, {path: /b, pool: one}"));

        var seen = new List<string>();
        world.Run(3, () => seen.Add(world.Ask("g1", "h/a") + world.Ask("g1", "h/b")));

        Assert.Equal(["onetwo", "twoone"], seen.Distinct(StringComparer.Ordinal));
        Assert.Equal(2, world.Running("one") + world.Running("two"));
    }

    [Fact]
    public void Routes_and_pools_that_go_together_stop_only_when_no_gateway_routes_there()
    {
        var world = Serving("web: {image: a, port: 1}, api: {image: b, port: 1}", "{path: /, pool: web}, {path: /api, pool: api}");
        world.Apply(Yaml("web: {image: a, port: 1}", "{path: /, pool: web}"));

        Assert.Equal(["api", "web"], Follow(world, "h/api", 6));
        Assert.Equal(0, world.Running("api"));
    }

    [Fact]
    public void A_pool_without_a_route_is_removed_at_once()
    {
        var world = Serving("web: {image: a, port: 1}, job: {image: b}", "{path: /, pool: web}");
        world.Apply(Yaml("web: {image: a, port: 1}", "{path: /, pool: web}"));
        world.Run(1);
        Assert.Equal(0, world.Running("job"));
    }

    [Fact]
    public void A_route_to_a_pool_without_replicas_stays_with_the_reason()
    {
        var world = Serving("web: {image: a, port: 1}, none: {image: b, port: 1, min_replicas: 0}", "{path: /, pool: web}");
        world.Apply(Yaml("web: {image: a, port: 1}, none: {image: b, port: 1, min_replicas: 0}", "{path: /, pool: none}"));

        Assert.Equal(["web"], Follow(world, "h/", Enough));
        Assert.Equal("pool 'none' has min_replicas: 0", Assert.Single(world.Plan.Waits).Reason);
    }

    [Fact]
    public void A_lost_record_is_not_taken_for_no_record()
    {
        var world = Serving("old: {image: a, port: 1}", "{path: /, pool: old}");
        world.Apply(Yaml("fresh: {image: broken, port: 1}", "{path: /, pool: fresh}"));
        world.Run(5);
        var revision = world.Record!.Revision;

        world.LoseRecord();
        world.Run(5, () => Assert.Equal("old", world.Ask("g1", "h/")), lags: ["g1", "g2"]);
        Assert.Null(world.Record);
        Assert.Contains("'nexus/routes' is missing or unreadable", Assert.Single(world.Plan.Waits).Reason, StringComparison.Ordinal);
        Assert.Equal(1, world.Running("old"));

        world.Apply(Yaml("fresh: {image: good, port: 1}", "{path: /, pool: fresh}"));
        Assert.Equal(["old", "fresh"], Follow(world, "h/", Enough, lagUntilRecord: true));
        Assert.True(world.Record!.Revision > revision);
        Assert.Equal(0, world.Running("old"));
    }

    [Fact]
    public void A_lost_record_is_not_written_again_because_no_gateway_reports()
    {
        var world = Serving("old: {image: a, port: 1}", "{path: /, pool: old}");
        world.Apply(Yaml("fresh: {image: broken, port: 1}", "{path: /, pool: fresh}"));
        world.Run(5);

        world.LoseRecord();
        world.LoseReports();
        world.Run(1, lags: ["g1", "g2"]);
        Assert.Null(world.Record);
        Assert.Equal(1, world.Running("old"));
    }

    [Fact]
    public void A_pool_whose_only_replica_makes_room_for_the_next_keeps_its_route()
    {
        var world = Serving("old: {image: a, port: 1, host_port: 80}", "{path: /, pool: old}");
        world.Apply(Yaml("old: {image: b, port: 1, host_port: 80}, fresh: {image: broken, port: 1}", "{path: /, pool: fresh}"));
        Follow(world, "h/", Enough);
        Assert.Equal("old", world.Ask("h/"));
    }

    [Fact]
    public void The_first_routes_are_written_before_any_gateway_reports()
    {
        var world = new RouteWorld(gateways: 0);
        world.Apply(Yaml("web: {image: broken, port: 1}", "{path: /, pool: web}"));
        world.Run(1);
        Assert.Equal("web", Assert.Single(world.Record!.Routes).Pool.Value);
    }

    /// <summary>Whatever specs follow each other and whichever gateways are late: what is served and still routed goes on being served.</summary>
    [Fact]
    public void No_request_of_a_route_that_goes_on_is_lost() => Gen.Select(Specs.Array[2, 5], Gen.Int[0, 3].Array[2, 5], Gen.Bool.Array[2, 5]).Sample((specs, waits, lag) =>
    {
        var world = new RouteWorld();
        string[] urls = ["h/", "h/x", "h/x/y", "e.example/", "e.example/x"];
        world.Apply(Yaml("start: {image: a, port: 1}", "{path: /, pool: start}"));
        world.Run(6);
        for (var i = 0; i < specs.Length; i++)
        {
            world.Apply(specs[i]);
            var goesOn = urls.Where(url => specs.Take(i + 1).All(spec => IsRouted(spec, url))).ToList();
            Action check = () =>
            {
                foreach (var gateway in world.Gateways)
                {
                    Assert.All(goesOn, url => Assert.True(world.Ask(gateway, url).Length > 3 || world.Ask(gateway, url) is "a" or "b" or "c", $"{gateway} answers {url} with {world.Ask(gateway, url)} after\n{string.Join("\n--\n", specs.Take(i + 1))}"));
                }
            };
            var passes = waits[i % waits.Length] * 4;
            world.Run(passes, check, lag[i % lag.Length] ? ["g2"] : []);
        }

        world.Run(90);
        Assert.True(world.Plan.Steps.IsEmpty && world.Plan.Routes is null, "the cluster does not come to rest");
    }, iter: 300);

    private static bool IsRouted(string yaml, string url) =>
        yaml.Contains("{path: /,", StringComparison.Ordinal)
        || (url.StartsWith("e.", StringComparison.Ordinal) && yaml.Contains("host: e.example", StringComparison.Ordinal))
        || (url.Contains("/x", StringComparison.Ordinal) && yaml.Contains("{path: /x,", StringComparison.Ordinal))
        || (url.EndsWith("/x/y", StringComparison.Ordinal) && yaml.Contains("{path: /x/y,", StringComparison.Ordinal));

    private static readonly Gen<string> Specs = Gen.Select(Gen.Int[0, 3].Array[4], Gen.Int[0, 5].Array[3]).Select((routes, images) =>
    {
        string[] names = ["a", "b", "c"];
        string[] places = ["path: /", "path: /x", "path: /x/y", "host: e.example"];
        var used = routes.Select((pool, place) => (pool, place)).Where(r => r.pool < 3)
            .Select(r => $"{{{places[r.place]}, pool: {names[r.pool]}}}").ToList();
        var pools = names.Select((name, i) => $"{name}: {{image: {(images[i] == 0 ? "broken" : "good")}, port: 1, min_replicas: {1 + (images[i] % 2)}}}");
        return Yaml(string.Join(", ", pools.Where((_, i) => routes.Contains(i) || images[i] > 3).DefaultIfEmpty("z: {image: a}")), string.Join(", ", used));
    });

    private static RouteWorld Serving(string pools, string routes)
    {
        var world = new RouteWorld();
        world.Apply(Yaml(pools, routes));
        world.Run(8);
        Assert.True(world.Plan.IsEmpty);
        return world;
    }

    private static List<string> Follow(RouteWorld world, string url, int passes, bool lagUntilRecord = false)
    {
        var seen = new List<string>();
        for (var pass = 0; pass < passes; pass++)
        {
            world.Run(1, () => seen.Add(world.Ask("g1", url)), lagUntilRecord && world.Record is null ? ["g1", "g2"] : []);
        }

        world.Ask(url);
        return [.. seen.Distinct(StringComparer.Ordinal)];
    }

    private static string Yaml(string pools, string routes) =>
        $"worker_pools: {{{pools}}}\ngateway: {{routes: [{routes}]}}\n";
}
