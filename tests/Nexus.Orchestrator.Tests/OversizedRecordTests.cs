using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.Leadership;
using Nexus.Orchestrator.State;
using Nexus.Testing;

namespace Nexus.Orchestrator.Tests;

/// <summary>A record that no value of Consul holds keeps no other from being written.</summary>
public sealed class OversizedRecordTests
{
    private static readonly NodeName N1 = new("n1");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Consul_takes_the_largest_record_that_is_written()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        var store = new ClusterStore(client, new SpecStore(client, TimeProvider.System), new FencedWriter(client, NullLogger<FencedWriter>.Instance));
        var session = await client.Sessions.CreateAsync(new SessionRequest { LockDelay = TimeSpan.Zero, Checks = [HealthCheck.NodeCheckId] }, Token);
        Assert.True(await client.Kv.AcquireAsync(StateKeys.Leader, "{}"u8.ToArray(), session, Token));
        var token = new LeaderToken(session, (await client.Kv.GetAsync(StateKeys.Leader, Token))!.LockIndex);
        var node = new NodeName(new string('n', NameRules.MaxLength));
        var largest = Orphans(node, 0);
        largest = Orphans(node, FencedWriter.MaxRecordBytes - StateJson.Write(largest, StateJson.Default.NodeAssignment).Length);
        Assert.Equal(FencedWriter.MaxRecordBytes, StateJson.Write(largest, StateJson.Default.NodeAssignment).Length);

        Assert.True(await store.TryCommitAsync(new ClusterChange([], [largest, Orphans(N1, 100)]), await store.ReadAsync(Token), token, Token));
    }

    [Fact]
    public void A_pool_whose_rollout_is_too_large_is_left_as_it_is_and_the_others_go_on()
    {
        var (large, small) = (Placed("large", 400 * 1024), Placed("small", 100));
        var snapshot = new ClusterSnapshot { Index = 7, Spec = new ClusterSpec() };
        var plan = new ReconcilePlan(7, [large.Step, small.Step], [], null)
        {
            Rollouts = [large.Rollout, small.Rollout],
            Notices = [new PlanNotice("RolloutStarted", EventSeverity.Info, "it started", large.Rollout.Pool)],
        };

        var fitted = PlanFit.Compute(snapshot, plan, epoch: 1);

        Assert.Equal("nexus/rollouts/large", Assert.Single(fitted.Oversized).Key);
        Assert.Equal("small", Assert.Single(fitted.Plan.Rollouts).Pool.Value);
        Assert.Empty(fitted.Plan.Notices);
        Assert.Equal("small", Assert.Single(Assert.Single(fitted.Assignments).Allocations).Pool.Value);
        Assert.Contains("make its env and command smaller", fitted.Oversized[0].Describe(), StringComparison.Ordinal);

        static (PlaceStep Step, RolloutRecord Rollout) Placed(string pool, int bytes)
        {
            var template = new PoolTemplate { Env = ImmutableSortedDictionary<string, string>.Empty.Add("A", new string('x', bytes)) };
            var revision = PoolRevisions.Compute(template);
            return (
                new PlaceStep(new PoolName(pool), new AllocationId($"{pool}-1"), N1, revision, "wanted"),
                new RolloutRecord { Pool = new PoolName(pool), Target = new RolloutRevision(revision, template, 1) });
        }
    }

    [Fact]
    public async Task A_node_whose_assignment_is_too_large_is_reported_and_the_others_get_theirs()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();

        // Some other program, or a version without limits, filled it to the brim.
        var before = StateJson.Write(Orphans(N1, 480 * 1024), StateJson.Default.NodeAssignment);
        await client.Kv.PutAsync(StateKeys.DesiredOf(N1), before, Token);
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        var (n1, n2) = (new TestNode(client, N1.Value), new TestNode(client, "n2"));
        await n1.RegisterAsync(Token);
        await n2.RegisterAsync(Token);
        await n1.ObeyAsync(Orphans(N1, 0), TimeProvider.System.GetUtcNow(), Token);

        using var applied = await manager.ApplyAsync("worker_pools: { web: { min_replicas: 2, image: web:1, port: 80 } }", Token);

        Assert.Equal(HttpStatusCode.OK, applied.StatusCode);
        await n2.AssignedAsync(a => a.Allocations.Length == 2, "both replicas, for n1 is full", Token);
        var status = await Until.TrueAsync(
            async () => (await manager.Http.GetFromJsonAsync(Routes.Status, ApiJson.Default.StatusView, Token))!,
            s => s.Warnings.Any(w => w.StartsWith("nexus/desired/n1 is not written: it would have ", StringComparison.Ordinal)), "a warning names the record", Token);
        Assert.Contains(status.Warnings, w => w.Contains($"takes at most {FencedWriter.MaxRecordBytes}", StringComparison.Ordinal));
        var events = await manager.Http.GetFromJsonAsync(Routes.Events, ApiJson.Default.ImmutableArrayEventView, Token);
        Assert.Single(events, e => e.Kind == "RecordTooLarge");
        Assert.DoesNotContain(events, e => e.Kind == "AllocationStopping" && e.Node == "n1");
        Assert.Equal(before, (await client.Kv.GetAsync(StateKeys.DesiredOf(N1), Token))!.Value.ToArray());

        await client.Kv.PutAsync(StateKeys.DesiredOf(N1), StateJson.Write(Orphans(N1, 100), StateJson.Default.NodeAssignment), Token);

        await Until.TrueAsync(
            async () => (await manager.Http.GetFromJsonAsync(Routes.Events, ApiJson.Default.ImmutableArrayEventView, Token))!,
            all => all.Any(e => e.Kind == "RecordFits"), "the event RecordFits is written", Token);
    }

    [Fact]
    public async Task A_current_revision_that_cannot_be_read_is_no_revision_0()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        using var first = await manager.ApplyAsync("worker_pools: none", Token);
        await client.Kv.PutAsync(StateKeys.SpecCurrent, "{\"revision\":"u8.ToArray(), Token);

        foreach (var revision in new[] { "1", "0" })
        {
            using var refused = await manager.ApplyAsync("worker_pools: none\n", Token, ifMatch: revision);
            var problem = await refused.Content.ReadFromJsonAsync(ApiJson.Default.ProblemView, Token);

            Assert.Equal(HttpStatusCode.PreconditionFailed, refused.StatusCode);
            Assert.Equal($"The current revision cannot be read, so it cannot be compared with If-Match {revision}.", problem!.Title);
            Assert.StartsWith("nexus/spec/current: ", problem.Detail, StringComparison.Ordinal);
        }

        await client.Kv.DeleteAsync(StateKeys.SpecCurrent, Token);
        using var lost = await manager.ApplyAsync("worker_pools: none\n", Token, ifMatch: "0");
        Assert.Contains("the record is missing, although revisions up to 1 exist", await lost.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        using var applied = await manager.ApplyAsync("worker_pools: none\n", Token);
        Assert.Equal(HttpStatusCode.OK, applied.StatusCode);
    }

    [Fact]
    public async Task Logs_are_asked_for_where_the_agent_was_last_known()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        await new TestNode(client, "n1").RegisterAsync(Token);
        await client.Kv.PutAsync(StateKeys.DesiredOf(N1), StateJson.Write(Orphans(N1, 0), StateJson.Default.NodeAssignment), Token);
        await client.Kv.PutAsync(StateKeys.DesiredOf(new("n2")), StateJson.Write(Orphans(new("n2"), 0, "old-2"), StateJson.Default.NodeAssignment), Token);
        await client.Kv.PutAsync(StateKeys.Node(new("n2")), "{}"u8.ToArray(), Token);
        await StatusAsync(manager, s => s.Nodes.Any(n => n is { Name: "n1", ApiAddress: not null }) && s.Allocations.Length == 2, "n1 is known");
        await client.Kv.PutAsync(StateKeys.Node(N1), "{\"node\":"u8.ToArray(), Token);
        await StatusAsync(manager, s => s.Problems.Any(p => p.Key == "nexus/nodes/n1"), "its record cannot be read");

        using var known = await manager.Http.GetAsync(Routes.LogsOf("old-1"), Token);
        using var unknown = await manager.Http.GetAsync(Routes.LogsOf("old-2"), Token);

        Assert.Equal(HttpStatusCode.BadGateway, known.StatusCode);
        Assert.Contains("http://127.0.0.1:9", await known.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.StatusCode);
        Assert.Contains("nexus/nodes/n2: ", await unknown.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private static async Task StatusAsync(TestManager manager, Func<StatusView, bool> condition, string what) =>
        await Until.TrueAsync(
            async () =>
            {
                using var answer = await manager.Http.GetAsync(Routes.Status, Token);
                return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync(ApiJson.Default.StatusView, Token) : null;
            },
            s => s is not null && condition(s), what, Token);

    /// <summary>An allocation of a pool that no spec has, with a template of about so many bytes.</summary>
    private static NodeAssignment Orphans(NodeName node, int bytes, string id = "old-1") => NodeAssignment.Empty(node) with
    {
        Epoch = 1,
        Generation = 1,
        Allocations = [new AllocationAssignment(new AllocationId(id), new PoolName("old"), new PoolRevision("r1"), DesiredStatus.Run, "wanted")],
        Templates =
        [
            new AssignedTemplate(new PoolName("old"), new PoolRevision("r1"), new PoolTemplate
            {
                Image = "old:1",
                Env = ImmutableSortedDictionary<string, string>.Empty.Add("A", new string('x', bytes)),
            }),
        ],
    };
}
