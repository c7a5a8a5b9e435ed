using System.Net;
using Nexus.Api.V1;
using Nexus.Core.State;

namespace Nexus.EndToEnd.Tests;

/// <summary>Records in Consul that somebody damages or deletes while requests go on.</summary>
public sealed class RecordTests
{
    private const string Garbage = "\u0001 {\"node\":";
    private const string Newer = """{"formatVersion":2,"content":{"of":"a newer version"}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Damaged_and_deleted_records_cost_no_request_and_no_replica()
    {
        await using var cluster = await RunningCluster.StartAsync(Specs.Sample(withApi: false), Token, "--runtime", "process");
        var before = Serving(await cluster.StatusAsync(Token));
        Assert.Equal(3, before.Count);
        await using var load = new SteadyLoad(cluster.Gateway, "/whoami", perSecond: 100);

        foreach (var key in new[] { "nodes/worker-1", "observed/worker-1", "desired/worker-1", "rollouts/web", "gateways/gateway-1", "leader" })
        {
            foreach (var value in new[] { Garbage, Newer, null })
            {
                await cluster.SpoilAsync("nexus/" + key, value, Token);
                await cluster.UntilAsync(s => s.Problems.IsEmpty && IsWhole(s), $"nexus/{key} is written again after {value ?? "its deletion"}", Token);
            }
        }

        Assert.Equal(before, Serving(await cluster.StatusAsync(Token)));
        await cluster.ApplyAsync(Specs.Sample(web: 5, withApi: false), Token);
        await cluster.UntilAsync(s => s.Pools.Single(p => p.Name == "web") is { Running: 5, Healthy: 5 }, "the node still takes orders", Token);
        Assert.Subset(Serving(await cluster.StatusAsync(Token)), before);
        await load.AssertNoneFailedAsync();
    }

    [Fact]
    public async Task A_drained_node_is_not_returned_to_use_by_a_lost_record()
    {
        await using var cluster = await RunningCluster.StartAsync(Specs.Sample(withApi: false), Token, "--runtime", "process");
        await using var load = new SteadyLoad(cluster.Gateway, "/whoami", perSecond: 50);
        var drained = await cluster.NexusAsync(Token, "drain", "worker-1", "--wait");
        Assert.True(drained.ExitCode == 0, drained.ToString());

        foreach (var value in new[] { Garbage, null })
        {
            await cluster.SpoilAsync("nexus/eligibility/worker-1", value, Token);
            var status = await cluster.UntilAsync(s => s.Problems.Any(p => p.Key == "nexus/eligibility/worker-1"), "the status names the record", Token);
            Assert.Equal(NodeStatus.Unknown, status.Nodes.Single(n => n.Name == "worker-1").Status);
            Assert.Contains("nexus uncordon worker-1", status.Problems.Single().Repair, StringComparison.Ordinal);
        }

        await cluster.ApplyAsync(Specs.Sample(web: 5, withApi: false), Token);
        var scaled = await cluster.UntilAsync(s => s.Pools.Single(p => p.Name == "web") is { Running: 5, Healthy: 5 }, "five replicas", Token);
        Assert.DoesNotContain(scaled.Allocations, a => a.Node == "worker-1");
        Assert.Equal(0, (await cluster.NexusAsync(Token, "uncordon", "worker-1")).ExitCode);
        await cluster.UntilAsync(s => s.Problems.IsEmpty && s.Nodes.All(n => n.Status == NodeStatus.Ready), "the record is repaired", Token);
        Assert.Contains(await cluster.EventsAsync(Token), e => e.Kind == "RecordUnreadable" && e.Message.Contains("worker-1", StringComparison.Ordinal));
        await load.AssertNoneFailedAsync();
    }

    [Fact]
    public async Task A_spec_that_cannot_be_read_is_named_and_replaced_by_the_next_apply()
    {
        await using var cluster = await RunningCluster.StartAsync(Specs.Sample(withApi: false), Token, "--runtime", "process");
        var before = Serving(await cluster.StatusAsync(Token));
        await using var load = new SteadyLoad(cluster.Gateway, "/whoami", perSecond: 50);

        var version = 1;
        foreach (var (key, value) in new[] { ("nexus/spec/current", Garbage), ("nexus/spec/current", null), ("nexus/spec/revisions/{0:D8}", Garbage), ("nexus/spec/revisions/{0:D8}", null) })
        {
            var current = (await cluster.StatusAsync(Token)).SpecRevision;
            await cluster.SpoilAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, key, current), value, Token);
            if (key == "nexus/spec/current")
            {
                var status = await cluster.UntilAsync(s => s.Problems.Any(p => p.Key == key), "the status names the record", Token);
                Assert.Contains("nexus apply", status.Problems.Single().Repair, StringComparison.Ordinal);
                Assert.Equal(before, Serving(status));
            }

            using (var read = await cluster.Api.GetAsync(Routes.Spec, Token))
            {
                Assert.True(read.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.OK, $"{key}: {read.StatusCode}");
            }

            await cluster.ApplyAsync(Specs.Sample(withApi: false) + $"\n# version {++version}\n", Token);
            var applied = await cluster.UntilAsync(s => s.Problems.IsEmpty && IsWhole(s), "the spec is replaced", Token);
            Assert.True(applied.SpecRevision > current, $"{key}: revision {applied.SpecRevision} after {current}");
        }

        Assert.Equal(before, Serving(await cluster.StatusAsync(Token)));
        await load.AssertNoneFailedAsync();
    }

    private static bool IsWhole(StatusView status) =>
        status.Leader is not null && status.Pools.Single(p => p.Name == "web") is { Running: 3, Healthy: 3, Rollout: null };

    private static HashSet<string> Serving(StatusView status) =>
        status.Allocations.Where(a => a is { Pool: "web", Healthy: true, Desired: DesiredStatus.Run }).Select(a => a.Id).ToHashSet(StringComparer.Ordinal);
}
