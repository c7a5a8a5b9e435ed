using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Preview;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.Tests.Reconcile.Cluster;

namespace Nexus.Core.Tests.Preview;

public sealed class PlanPreviewTests
{
    private static readonly ClusterSnapshot Three = Of(
        Want("web", 3), At(RolloutPhase.Stable, "1"), Ready("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n2"), Has("web", 2, "n1"));

    public static TheoryData<string, ClusterSnapshot, ClusterSnapshot, string> Cases => new()
    {
        { "the same spec", Three, Of(Want("web", 3)), "" },
        { "a new image, start first", Three, Of(Want("web", 3, "2")), "web rollout +3 -3 ~0 =3 least 3 [image: app:1 → app:2]" },
        { "with two missing", Three, Of(Want("web", 3, "2", surge: 0, unavailable: 2)), "web rollout +3 -3 ~0 =3 least 1 [image: app:1 → app:2; rollout.max_surge: 1 → 0; rollout.max_unavailable: 0 → 2]" },
        { "up", Three, Of(Want("web", 20)), "web scale +17 -0 ~0 =20 least 3 [min_replicas: 3 → 20; max_replicas: 3 → 20]" },
        { "down", Three, Of(Want("web", 1)), "web scale +0 -2 ~0 =1 least 1 [min_replicas: 3 → 1; max_replicas: 3 → 1]" },
        { "gone", Three, Of(), "web removed +0 -3 ~0 =0 least 0 []" },
        { "one more pool", Three, Of(Want("api", 2), Want("web", 3)), "api new +2 -0 ~0 =2 least 0 []" },
        { "only how it is rolled out", Three, Of(Want("web", 3, surge: 2)), "web settings +0 -0 ~0 =3 least 3 [rollout.max_surge: 1 → 2]" },
        { "a canary to its end", Three, Of(Want("web", 3, "2"), Rolls(r => r with { Strategy = RolloutStrategy.Canary, Canary = new CanarySpec { Steps = [new CanaryStep { Count = 1 }] } })),
            "web rollout +3 -3 ~0 =3 least 3 [image: app:1 → app:2; rollout.strategy: Rolling → Canary; rollout.canary.steps: 10% for 1m → 1 until promoted]" },
        { "blue and green", Three, Of(Want("web", 3, "2"), Rolls(r => r with { Strategy = RolloutStrategy.BlueGreen })),
            "web rollout +3 -3 ~0 =3 least 3 [image: app:1 → app:2; rollout.strategy: Rolling → BlueGreen]" },
        { "what is sick is taken for well: nothing fails in a preview",
            Of(Want("web", 1), Ready("n1"), Sick("web", 0, "n1")), Of(Want("web", 1, "2")), "web rollout +1 -1 ~0 =1 least 1 [image: app:1 → app:2]" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_says_what_would_change(string because, ClusterSnapshot snapshot, ClusterSnapshot proposed, string expected)
    {
        var preview = PlanPreview.Compute(snapshot, proposed.Spec!, 2, Now);
        var shown = string.Join(", ", preview.Pools.Select(p =>
            $"{p.Pool} {p.What} +{p.Start} -{p.Stop} ~{p.Move} ={p.Desired} least {p.LeastAvailable} [{string.Join("; ", p.Fields)}]"));
        Assert.True(expected == shown, $"{because}: {shown}");
        Assert.Equal(expected.Length > 0, preview.Changes);
    }

    [Theory]
    [InlineData(RolloutPhase.RolledBack, "2", 1, "what was given up is not tried again")]
    [InlineData(RolloutPhase.RolledBack, "3", 0, "another revision is")]
    [InlineData(RolloutPhase.Stable, "2", 0, "what serves is nothing to warn of")]
    public void Compute_warns_of_what_was_given_up(RolloutPhase phase, string proposed, int warnings, string because)
    {
        var snapshot = Of(Want("web", 1, "2"), At(phase, "1", null, r => r with { Reason = "it exits" }), Ready("n1"), Has("web", 0, "n1"));

        var told = PlanPreview.Compute(snapshot, Of(Want("web", 1, proposed)).Spec!, 2, Now).Warnings.Where(w => w.Contains("it exits", StringComparison.Ordinal));

        Assert.True(told.Count() == warnings, because);
    }

    [Fact]
    public void Compute_warns_that_a_manual_rollback_would_be_undone()
    {
        var snapshot = Of(
            Want("web", 1, "2"), At(RolloutPhase.Stable, "1", null, r => r with { ManualRollbackBy = "ann" }), Ready("n1"), Has("web", 0, "n1"));

        var changed = PlanPreview.Compute(snapshot, Of(Want("web", 1, "3")).Spec!, 2, Now).Warnings;
        var scaled = PlanPreview.Compute(snapshot, Of(Want("web", 2, "2")).Spec!, 2, Now).Warnings;

        Assert.Contains(changed, w => w.StartsWith("web: undoes the manual rollback to revision ", StringComparison.Ordinal) && w.EndsWith(" by ann", StringComparison.Ordinal));
        Assert.DoesNotContain(scaled, w => w.Contains("undoes", StringComparison.Ordinal));
    }

    [Fact]
    public void Compute_warns_of_the_spec_of_another_cluster()
    {
        var shop = new ClusterSpec { Cluster = "shop" };

        Assert.Contains(
            "the spec is for cluster 'echo', but this cluster is 'shop': apply refuses it without --rename-cluster",
            PlanPreview.Compute(new ClusterSnapshot { Spec = shop }, shop with { Cluster = "echo" }, 2, Now).Warnings);
        Assert.Empty(PlanPreview.Compute(new ClusterSnapshot(), shop, 2, Now).Warnings);
    }

    [Fact]
    public void Compute_names_routes_that_change()
    {
        static ClusterSpec Routed(params (string Path, string Pool)[] routes) => new()
        {
            Gateway = new GatewaySpec { Routes = [.. routes.Select(r => new RouteSpec { Path = r.Path, Pool = new PoolName(r.Pool) })] },
        };

        var preview = PlanPreview.Compute(
            new ClusterSnapshot { Spec = Routed(("/", "web"), ("/a", "api"), ("/old", "web")) }, Routed(("/", "web"), ("/a", "web"), ("/new", "web")), 2, Now);
        Assert.Equal(["~ /a → api → web", "+ /new → web", "- /old → web"], preview.Routes);
        Assert.True(preview.Changes);
    }

    [Fact]
    public void Compute_names_settings_apart_from_routes()
    {
        var after = new ClusterSpec { Cluster = "shop", DrillsAllowed = true, Gateway = new GatewaySpec { SlowStart = TimeSpan.FromSeconds(9) } };

        var preview = PlanPreview.Compute(new ClusterSnapshot { Spec = new ClusterSpec() }, after, 2, Now);

        Assert.Empty(preview.Routes);
        Assert.Equal(["cluster: nexus → shop", "drills: forbidden → allowed", "gateway.slow_start: 3s → 9s"], preview.Settings);
        Assert.True(preview.Changes);
    }

    [Fact]
    public void Compute_warns_of_what_cannot_be_placed_and_of_outages()
    {
        var preview = PlanPreview.Compute(
            Of(Want("db", 1), At(RolloutPhase.Stable, "1"), Ready("n1"), Has("db", 0, "n1")),
            Of(Want("db", 1, "2"), With(p => p with { Template = p.Template with { HostPort = 5432 } }), Want("big", 1, memoryMb: 9000)).Spec!, 2, Now);
        Assert.Equal(
            [
                "big: 1 of its replicas cannot be placed: of 1 node: 1 without 9000 MiB of memory free",
                "big: has a single replica, so its crash is felt until it is restarted",
                "db: stops before it starts, so at times 0 of 1 replicas serve: an outage",
                "db: has a single replica, so its crash is felt until it is restarted",
            ], preview.Warnings);
    }

    [Fact]
    public void Compute_keeps_values_of_the_environment_to_itself()
    {
        static ClusterSnapshot With(string value) => Of(Want("web", 1), Cluster(value));
        static Part Cluster(string value) => Tests.Reconcile.Cluster.With(p => p with
        {
            Template = p.Template with { Env = ImmutableSortedDictionary<string, string>.Empty.Add("KEY", value) },
        });

        var field = Assert.Single(Assert.Single(PlanPreview.Compute(With("secret1"), With("secret2").Spec!, 2, Now).Pools).Fields);
        Assert.Equal("env.KEY: changed", field);
    }
}
