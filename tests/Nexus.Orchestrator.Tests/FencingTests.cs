using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Orchestrator.Leadership;
using Nexus.Orchestrator.State;
using Nexus.Testing;

namespace Nexus.Orchestrator.Tests;

/// <summary>A leader's write takes effect only while it leads and only on the state it looked at.</summary>
public sealed class FencingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deposed_leader_cannot_write()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        var store = Store(client);
        var token = await LeadAsync(client);
        var basis = await store.ReadAsync(Token);
        Assert.True(await store.TryCommitAsync(Change(Assignment("n1")), basis, token, Token));

        await client.Sessions.DestroyAsync(token.Session, Token);
        await LeadAsync(client);

        Assert.False(await store.TryCommitAsync(Change(Assignment("n2")), await store.ReadAsync(Token), token, Token));
        Assert.Null(await client.Kv.GetAsync(StateKeys.DesiredOf(new NodeName("n2")), Token));
    }

    [Fact]
    public async Task A_write_on_old_state_changes_nothing_at_all()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        var store = Store(client);
        var token = await LeadAsync(client);
        var basis = await store.ReadAsync(Token);
        await client.Kv.PutAsync(StateKeys.DesiredOf(new NodeName("n2")), "{}"u8.ToArray(), Token);

        Assert.False(await store.TryCommitAsync(Change(Assignment("n1"), Assignment("n2")), basis, token, Token));

        Assert.Null(await client.Kv.GetAsync(StateKeys.DesiredOf(new NodeName("n1")), Token));
    }

    [Fact]
    public async Task More_nodes_than_fit_into_one_transaction_are_all_written()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        var store = Store(client);
        var token = await LeadAsync(client);
        var many = Change([.. Enumerable.Range(0, 150).Select(i => Assignment($"n{i}"))]);

        Assert.True(await store.TryCommitAsync(many, await store.ReadAsync(Token), token, Token));

        Assert.Equal(150, (await store.ReadAsync(Token)).Snapshot.Assignments.Count);
    }

    [Fact]
    public async Task A_commit_that_arrives_after_another_of_the_same_leader_is_refused()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        var store = Store(client);
        var token = await LeadAsync(client);
        var basis = await store.ReadAsync(Token);
        Assert.True(await store.TryCommitAsync(Change(Assignment("n1")), basis, token, Token));

        // Touches another node, so no CAS of its own key speaks against it: what was given up as lost must not place twice.
        Assert.False(await store.TryCommitAsync(Change(Assignment("n2")), basis, token, Token));

        Assert.True(await store.TryCommitAsync(Change(Assignment("n2")), await store.ReadAsync(Token), token, Token));
    }

    [Fact]
    public async Task Rollouts_are_committed_with_the_assignments_or_not_at_all()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        var store = Store(client);
        var token = await LeadAsync(client);
        var basis = await store.ReadAsync(Token);
        Assert.True(await store.TryCommitAsync(new ClusterChange([Rollout("web", 1)], [Assignment("n1")]), basis, token, Token));
        var read = await store.ReadAsync(Token);
        Assert.Equal(1, read.Snapshot.Rollouts["web"].Number);

        await client.Kv.PutAsync(StateKeys.DesiredOf(new NodeName("n1")), "{}"u8.ToArray(), Token);

        Assert.False(await store.TryCommitAsync(new ClusterChange([Rollout("web", 2)], [Assignment("n1")]), read, token, Token));
        Assert.Equal(1, (await store.ReadAsync(Token)).Snapshot.Rollouts["web"].Number);
    }

    [Fact]
    public async Task Of_a_change_too_large_for_one_transaction_the_rollouts_are_written_first()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        var store = Store(client);
        var token = await LeadAsync(client);
        var basis = await store.ReadAsync(Token);

        // The last node's key was taken meanwhile: the second transaction fails, as if the leader had died between them.
        await client.Kv.PutAsync(StateKeys.DesiredOf(new NodeName("n99")), "{}"u8.ToArray(), Token);
        var change = new ClusterChange([Rollout("web", 1)], [.. Enumerable.Range(0, 100).Select(i => Assignment($"n{i}"))]);
        Assert.False(await store.TryCommitAsync(change, basis, token, Token));

        var left = (await store.ReadAsync(Token)).Snapshot;
        Assert.Equal(1, left.Rollouts["web"].Number);
        Assert.InRange(left.Assignments.Count, 1, 99);
    }

    [Fact]
    public async Task A_forgotten_node_is_gone_whole_unless_its_agent_writes_meanwhile()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        var store = Store(client);
        var token = await LeadAsync(client);
        var (n1, node) = (new NodeName("n1"), new TestNode(client, "n1"));
        await node.RegisterAsync(Token);
        await node.ObeyAsync(Assignment("n1"), DateTimeOffset.UnixEpoch, Token);
        Assert.True(await store.TryCommitAsync(Change(Assignment("n1")), await store.ReadAsync(Token), token, Token));
        var basis = await store.ReadAsync(Token);

        await node.ObeyAsync(Assignment("n1") with { Generation = 9 }, DateTimeOffset.UnixEpoch, Token);
        Assert.False(await store.TryForgetAsync(n1, basis, token, Token));
        Assert.NotNull(await client.Kv.GetAsync(StateKeys.Node(n1), Token));

        Assert.True(await store.TryForgetAsync(n1, await store.ReadAsync(Token), token, Token));
        var after = (await store.ReadAsync(Token)).Snapshot;
        Assert.True(after.Nodes.IsEmpty && after.Observations.IsEmpty && after.Assignments.IsEmpty);
    }

    [Fact]
    public async Task What_people_and_gateways_write_is_read()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        var (web, n1) = (new PoolName("web"), new NodeName("n1"));
        var wishes = new WishStore(client);
        await wishes.WriteAsync(new RolloutRequest { Id = "1", Pool = web, Verb = RolloutVerb.Pause }, Token);
        await wishes.WriteAsync(new NodeEligibility(n1, true, "", "ann", DateTimeOffset.UnixEpoch), Token);
        var report = new GatewayReport { Gateway = "g1", Pools = [web], Nodes = [new NodeWitness(n1, true)] };
        await client.Kv.PutAsync(StateKeys.GatewayReport("g1"), StateJson.Write(report, StateJson.Default.GatewayReport), Token);

        var snapshot = (await Store(client).ReadAsync(Token)).Snapshot;

        Assert.Equal(RolloutVerb.Pause, snapshot.Requests["web"].Verb);
        Assert.True(snapshot.Eligibility["n1"].Draining);
        Assert.True(snapshot.Gateways["g1"].Nodes[0].Reachable);
    }

    [Fact]
    public async Task An_unreadable_record_is_a_doubt_and_the_rest_is_read()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        var store = Store(client);
        var token = await LeadAsync(client);
        await store.TryCommitAsync(Change(Assignment("n1")), await store.ReadAsync(Token), token, Token);
        await client.Kv.PutAsync(StateKeys.DesiredOf(new NodeName("n2")), "not json"u8.ToArray(), Token);

        var read = await store.ReadAsync(Token);

        Assert.Equal(["n1"], read.Snapshot.Assignments.Keys);
        Assert.Equal(RecordDoubts.Record | RecordDoubts.Assignment, read.Snapshot.Nodes["n2"].Doubts);
        Assert.Contains(read.Problems, p => p.Key == StateKeys.DesiredOf(new NodeName("n2")) && p.Reason.Contains("invalid", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_spec_that_this_version_cannot_read_is_told_and_gives_way_to_one_that_it_can()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        var store = new SpecStore(client, TimeProvider.System);
        await store.ApplyAsync("worker_pools: { web: { image: web } }\nof_the_future: true", "another version", null, Token);

        var told = await store.ReadAsync(Token);
        Assert.Equal((null, StateKeys.SpecRevision(1)), (told.Spec, told.ProblemKey));
        Assert.Contains("of_the_future", told.Problem, StringComparison.Ordinal);
        Assert.Equal(
            new ApplyResult(ApplyOutcome.Applied, 2, 1, "another version"),
            await store.ApplyAsync("worker_pools: { web: { image: web } }", "this one", 1, Token));

        Assert.Equal("web", (await store.ReadAsync(Token)).Spec?.Spec.Pools[0].Name.Value);
    }

    private static ClusterStore Store(ConsulClient client) =>
        new(client, new SpecStore(client, TimeProvider.System), new FencedWriter(client, NullLogger<FencedWriter>.Instance));

    private static ClusterChange Change(params ImmutableArray<NodeAssignment> assignments) => new([], assignments);

    private static NodeAssignment Assignment(string node) => NodeAssignment.Empty(new NodeName(node)) with { Epoch = 1, Generation = 1 };

    private static RolloutRecord Rollout(string pool, long number) => new()
    {
        Pool = new PoolName(pool),
        Number = number,
        Target = new RolloutRevision(new PoolRevision("r1"), new PoolTemplate { Image = "web:1" }, 1),
    };

    private static async Task<LeaderToken> LeadAsync(ConsulClient client)
    {
        var session = await client.Sessions.CreateAsync(
            new SessionRequest { LockDelay = TimeSpan.Zero, Checks = [HealthCheck.NodeCheckId] }, Token);
        Assert.True(await client.Kv.AcquireAsync(StateKeys.Leader, "{}"u8.ToArray(), session, Token));
        return new LeaderToken(session, (await client.Kv.GetAsync(StateKeys.Leader, Token))!.LockIndex);
    }
}
