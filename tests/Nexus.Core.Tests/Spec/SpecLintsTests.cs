using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Spec;

public sealed class SpecLintsTests
{
    [Theory]
    [InlineData("as many nodes as replicas, one to spare", "min_replicas: 2", 3, "")]
    [InlineData("a node short", "min_replicas: 3", 2,
        "f: warning: worker_pools.db.min_replicas: 3 on 2 ready nodes with spread: required: 1 of them cannot be placed\n"
        + "f: warning: worker_pools.db.rollout.max_unavailable: 0 with spread: required and no node to spare (2 ready): a rollout would wait for ever; allow 1, or add a node")]
    [InlineData("none to spare", "min_replicas: 2", 2,
        "f: warning: worker_pools.db.rollout.max_unavailable: 0 with spread: required and no node to spare (2 ready): a rollout would wait for ever; allow 1, or add a node")]
    [InlineData("a rollout may take one away", "min_replicas: 2, rollout: {max_unavailable: 1}", 2, "")]
    [InlineData("it cannot grow", "min_replicas: 1, max_replicas: 4", 3,
        "f: warning: worker_pools.db.max_replicas: 4 on 3 ready nodes with spread: required: it cannot grow beyond 3")]
    [InlineData("nobody there", "min_replicas: 1", 0, "f: warning: no node is ready: nothing can be placed until a worker agent joins")]
    [InlineData("nobody there, nothing wanted", "min_replicas: 0", 0, "")]
    public void ForCluster_doubts_required_spread(string because, string keys, int nodes, string expected)
    {
        var spec = SpecReader.Read($"worker_pools: {{db: {{image: a, placement: {{spread: required}}, {keys}}}}}", "f").Spec!;
        var lines = string.Join('\n', SpecLints.ForCluster(spec, nodes).Select(problem => problem.Format("f")));
        Assert.True(expected == lines, $"{because}:\n{lines}");
    }

    [Fact]
    public void ForCluster_leaves_preferred_spread_alone() =>
        Assert.Empty(SpecLints.ForCluster(SpecReader.Read("worker_pools: {db: {image: a, min_replicas: 9}}", "f").Spec!, 1));
}
