using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
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
    public async Task An_unreadable_key_is_left_out_and_the_rest_is_read()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        var store = Store(client);
        var token = await LeadAsync(client);
        await store.TryCommitAsync(Change(Assignment("n1")), await store.ReadAsync(Token), token, Token);
        await client.Kv.PutAsync(StateKeys.DesiredOf(new NodeName("n2")), "not json"u8.ToArray(), Token);

        Assert.Equal(["n1"], (await store.ReadAsync(Token)).Snapshot.Assignments.Keys);
    }

    private static ClusterStore Store(ConsulClient client) =>
        new(client, new SpecStore(client, TimeProvider.System), new FencedWriter(client, NullLogger<FencedWriter>.Instance), NullLogger<ClusterStore>.Instance);

    private static ClusterChange Change(params ImmutableArray<NodeAssignment> assignments) => new([], assignments);

    private static NodeAssignment Assignment(string node) => NodeAssignment.Empty(new NodeName(node)) with { Epoch = 1, Generation = 1 };

    private static async Task<LeaderToken> LeadAsync(ConsulClient client)
    {
        var session = await client.Sessions.CreateAsync(
            new SessionRequest { LockDelay = TimeSpan.Zero, Checks = [HealthCheck.NodeCheckId] }, Token);
        Assert.True(await client.Kv.AcquireAsync(StateKeys.Leader, "{}"u8.ToArray(), session, Token));
        return new LeaderToken(session, (await client.Kv.GetAsync(StateKeys.Leader, Token))!.LockIndex);
    }
}
