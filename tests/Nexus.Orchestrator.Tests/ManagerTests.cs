using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Core.Rollouts;
using Nexus.Core.State;
using Nexus.Orchestrator.Events;
using Nexus.Testing;

namespace Nexus.Orchestrator.Tests;

/// <summary>Whole managers against a real Consul; worker agents are played.</summary>
public sealed class ManagerTests
{
    private const string TwoReplicas = """
        worker_pools:
          web:
            min_replicas: 2
            image: web:1
            port: 80
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_applied_spec_is_placed_on_nodes_and_shown()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        var n1 = new TestNode(client, "n1");
        var n2 = new TestNode(client, "n2");
        await n1.RegisterAsync(Token);
        await n2.RegisterAsync(Token);

        var applied = await (await manager.ApplyAsync(TwoReplicas, Token)).Content.ReadFromJsonAsync(ApiJson.Default.SpecResult, Token);
        Assert.True(applied is { Valid: true, Changed: true, Revision: 1 });

        var assignment = await n1.AssignedAsync(a => a.Allocations.Length == 1, "one replica", Token);
        await n1.ObeyAsync(assignment, TimeProvider.System.GetUtcNow(), Token);
        await n2.ObeyAsync(await n2.AssignedAsync(a => a.Allocations.Length == 1, "one replica", Token), TimeProvider.System.GetUtcNow(), Token);
        Assert.True(assignment.Epoch > 0);
        Assert.Equal("web:1", Assert.Single(assignment.Templates).Template.Image);

        var status = await StatusAsync(manager, s => s.Pools.Length == 1 && s.Pools[0].Healthy == 2, "two healthy replicas");
        Assert.Equal("m1", status.Leader?.Manager);
        Assert.All(status.Nodes, n => Assert.Equal(NodeStatus.Ready, n.Status));
        var events = await manager.Http.GetFromJsonAsync(Routes.Events, ApiJson.Default.ImmutableArrayEventView, Token);
        Assert.Equal(2, events.Count(e => e.Kind == "AllocationPlaced"));
    }

    [Fact]
    public async Task A_node_whose_agent_stays_silent_is_suspect_then_lost_and_its_replicas_move()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        var n1 = new TestNode(client, "n1");
        var n2 = new TestNode(client, "n2");
        await n1.RegisterAsync(Token);
        await n2.RegisterAsync(Token);
        await manager.ApplyAsync(TwoReplicas, Token);
        await n1.AssignedAsync(a => a.Allocations.Length == 1, "one replica", Token);

        await n1.FallSilentAsync(Token);

        await n2.AssignedAsync(a => a.Allocations.Length == 2, "the lost node's replica too", Token);
        // What it held is left to it: should it come back, what is surplus then is decided by what it reports.
        await n1.AssignedAsync(a => a.Allocations.All(x => x.Desired == DesiredStatus.Run), "no order while nobody hears it", Token);
        var kinds = (await manager.Http.GetFromJsonAsync(Routes.Events, ApiJson.Default.ImmutableArrayEventView, Token)).Select(e => e.Kind).ToList();
        Assert.True(kinds.IndexOf("NodeSuspect") >= 0 && kinds.IndexOf("NodeSuspect") < kinds.IndexOf("NodeLost"), string.Join(" ", kinds));
    }

    [Fact]
    public async Task When_the_leader_stops_the_other_manager_leads_under_a_higher_epoch()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var first = await TestManager.StartAsync(consul, "m1", Token);
        var before = await StatusAsync(first, s => s.Leader?.Manager == "m1", "m1 leads");
        await using var second = await TestManager.StartAsync(consul, "m2", Token);
        var n1 = new TestNode(client, "n1");
        await n1.RegisterAsync(Token);

        await first.StopAsync(Token);

        var after = await StatusAsync(second, s => s.Leader?.Manager == "m2", "m2 leads");
        Assert.True(after.Leader!.Epoch > before.Leader!.Epoch);
        await second.ApplyAsync(TwoReplicas, Token);
        var assignment = await n1.AssignedAsync(a => a.Allocations.Length == 2, "two replicas", Token);
        Assert.Equal(after.Leader.Epoch, assignment.Epoch);
    }

    [Fact]
    public async Task A_bad_spec_is_refused_with_every_problem_and_nothing_is_applied()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);

        var answer = await manager.ApplyAsync("worker_pools:\n  web:\n    imag: x\n    port: many\n", Token);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var result = await answer.Content.ReadFromJsonAsync(ApiJson.Default.SpecResult, Token);
        Assert.True(result!.Problems.Length >= 2, string.Join("; ", result.Problems));
        Assert.Contains(result.Problems, p => p.Line == 3 && p.Message.Contains("image", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, (await manager.Http.GetAsync(Routes.Spec, Token)).StatusCode);
    }

    [Fact]
    public async Task An_apply_on_another_revision_than_expected_is_refused()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        await manager.ApplyAsync(TwoReplicas, Token);

        Assert.Equal(HttpStatusCode.PreconditionFailed, (await manager.ApplyAsync(TwoReplicas + "\n", Token, ifMatch: "7")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await manager.ApplyAsync(TwoReplicas + "\n", Token, ifMatch: "1")).StatusCode);
        var spec = await manager.Http.GetFromJsonAsync(Routes.Spec, ApiJson.Default.SpecView, Token);
        Assert.Equal(2, spec!.Revision);
        var same = await (await manager.ApplyAsync(TwoReplicas + "\n", Token)).Content.ReadFromJsonAsync(ApiJson.Default.SpecResult, Token);
        Assert.True(same is { Changed: false, Revision: 2 });
    }

    [Fact]
    public async Task While_Consul_is_away_the_last_look_is_shown_with_a_warning_and_writes_are_refused()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        await manager.ApplyAsync(TwoReplicas, Token);
        await StatusAsync(manager, s => s.SpecRevision == 1, "revision 1 is seen");

        await consul.KillAsync();

        var status = await StatusAsync(manager, s => s.Warning is not null, "a warning");
        Assert.Equal(1, status.SpecRevision);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await manager.ApplyAsync(TwoReplicas + "\n", Token)).StatusCode);
    }

    [Fact]
    public async Task Events_stream_resumes_after_the_last_id()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        await manager.ApplyAsync(TwoReplicas, Token);
        var all = await Until.TrueAsync(
            () => manager.Http.GetFromJsonAsync(Routes.Events, ApiJson.Default.ImmutableArrayEventView, Token),
            e => e.Any(x => x.Kind == "SpecApplied") && e.Length >= 2, "two events", Token);

        using var request = new HttpRequestMessage(HttpMethod.Get, Routes.Events);
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.Add("Last-Event-ID", all[0].Id);
        using var answer = await manager.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(Token));

        Assert.Equal($"event: {all[1].Kind}", await lines.ReadLineAsync(Token));
    }

    [Fact]
    public async Task Logs_of_an_unknown_allocation_and_of_a_dead_agent_say_so()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        var n1 = new TestNode(client, "n1");
        await n1.RegisterAsync(Token);
        await manager.ApplyAsync(TwoReplicas, Token);
        var assignment = await n1.AssignedAsync(a => a.Allocations.Length == 2, "two replicas", Token);
        await StatusAsync(manager, s => s.Allocations.Length == 2, "two allocations are seen");

        Assert.Equal(HttpStatusCode.NotFound, (await manager.Http.GetAsync(Routes.LogsOf("web-0-0"), Token)).StatusCode);
        var answer = await manager.Http.GetAsync(Routes.LogsOf(assignment.Allocations[0].Id.Value), Token);
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains("n1", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Old_events_are_dropped_by_the_leader()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var manager = await TestManager.StartAsync(consul, "m1", Token, "--Orchestrator:EventsKept", "10");
        await StatusAsync(manager, s => s.Leader is not null, "a leader");
        for (var i = 0; i < 80; i++)
        {
            await client.Kv.PutAsync(StateKeys.Event($"0{i:D3}"), "{}"u8.ToArray(), Token);
        }

        var compactor = ActivatorUtilities.CreateInstance<EventCompactor>(manager.Services);
        Assert.True(await compactor.RunOnceAsync(Token) >= 70);

        var left = (await client.Kv.ListAsync(StateKeys.Events, Token)).Value;
        Assert.InRange(left.Length, 10, 12);
        Assert.DoesNotContain(left, p => p.Key == StateKeys.Event("0000"));
    }

    [Fact]
    public async Task Scaling_from_3_to_20_is_one_commit()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        TestNode[] nodes = [.. Enumerable.Range(1, 3).Select(i => new TestNode(client, $"n{i}"))];
        foreach (var node in nodes)
        {
            await node.RegisterAsync(Token);
        }

        await StatusAsync(manager, s => s.Nodes.Count(n => n.Status == NodeStatus.Ready) == 3, "three nodes");
        await manager.ApplyAsync(TwoReplicas.Replace("min_replicas: 2", "min_replicas: 3", StringComparison.Ordinal), Token);
        foreach (var node in nodes)
        {
            await node.ObeyAsync(
                await node.AssignedAsync(a => a.Allocations.Length == 1, "one replica", Token), TimeProvider.System.GetUtcNow().AddMinutes(-1), Token);
        }

        using var api = NexusApiClient.Create(new ApiEndpoint(manager.Http.BaseAddress!, "the test"), TimeProvider.System, () => 0.5);
        await Until.TrueAsync(() => api.GetRolloutsAsync(Token), r => r is [{ Phase: RolloutPhase.Stable }], "the rollout is over", Token);
        await manager.ApplyAsync(TwoReplicas.Replace("min_replicas: 2", "min_replicas: 20", StringComparison.Ordinal), Token);
        foreach (var node in nodes)
        {
            var after = await node.AssignedAsync(a => a.Allocations.Length > 1, "its part of twenty", Token);
            Assert.InRange(after.Allocations.Length, 6, 7);
        }

        var commits = await client.Kv.ListAsync(StateKeys.Desired, Token);
        Assert.Single(commits.Value.Select(p => p.ModifyIndex).Distinct());
    }

    [Fact]
    public async Task A_node_that_a_person_removes_is_forgotten_once_it_is_lost_and_comes_back_as_new()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        using var api = NexusApiClient.Create(new ApiEndpoint(manager.Http.BaseAddress!, "the test"), TimeProvider.System, () => 0.5);
        var n1 = new TestNode(client, "n1");
        await n1.RegisterAsync(Token);
        await StatusAsync(manager, s => s.Leader?.Manager == "m1" && s.Nodes.Length == 1, "m1 leads and sees the node");
        await n1.FallSilentAsync(Token);
        await StatusAsync(manager, s => s.Nodes is [{ Status: NodeStatus.Lost }], "the node is lost");

        await api.ForgetNodeAsync("n1", "ann", Token);

        await StatusAsync(manager, s => s.Nodes.IsEmpty, "the node is forgotten");
        Assert.Null(await client.Kv.GetAsync(StateKeys.Node(new("n1")), Token));
        Assert.Null(await client.Kv.GetAsync(StateKeys.EligibilityOf(new("n1")), Token));
        await n1.RegisterAsync(Token);
        await n1.AnswerAsync(Token);
        await StatusAsync(manager, s => s.Nodes is [{ Status: NodeStatus.Ready }], "it is back");
        var events = await Until.TrueAsync(() => api.EventsAsync(Token), e => e.Any(x => x.Kind == "NodeForgotten"), "the event", Token);
        Assert.Contains("ann removed it", events.First(e => e.Kind == "NodeForgotten").Message, StringComparison.Ordinal);
    }

    private static async Task<StatusView> StatusAsync(TestManager manager, Func<StatusView, bool> condition, string what)
    {
        var status = await Until.TrueAsync(
            async () =>
            {
                using var answer = await manager.Http.GetAsync(Routes.Status, Token);
                return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync(ApiJson.Default.StatusView, Token) : null;
            },
            s => s is not null && condition(s), what, Token);
        return status!;
    }
}
