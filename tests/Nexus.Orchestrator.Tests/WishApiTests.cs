using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Testing;

namespace Nexus.Orchestrator.Tests;

/// <summary>What people ask of rollouts and nodes, through a manager that does not lead: any manager takes it.</summary>
public sealed class WishApiTests
{
    private static readonly PoolName Web = new("web");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rollback_without_a_revision_asks_for_the_proven_one_before_with_its_template()
    {
        await using var cluster = await FollowedCluster.StartAsync(Token);
        using var api = cluster.Api();

        await api.CommandRolloutAsync("web", new RolloutCommand(RolloutVerb.Rollback, null, "ann"), Token);

        var request = await cluster.RequestAsync();
        Assert.Equal(RolloutVerb.Rollback, request?.Verb);
        Assert.Equal("web:1", request?.Revision?.Template.Image);
        Assert.Equal(1, request?.Revision?.SpecRevision);
        Assert.Equal("ann", request?.By);
    }

    [Fact]
    public async Task A_later_request_takes_the_place_of_an_earlier_one()
    {
        await using var cluster = await FollowedCluster.StartAsync(Token);
        using var api = cluster.Api();

        await api.CommandRolloutAsync("web", new RolloutCommand(RolloutVerb.Rollback, cluster.First.Value[..5], "ann"), Token);
        var first = await cluster.RequestAsync();
        await api.CommandRolloutAsync("web", new RolloutCommand(RolloutVerb.Rollback, cluster.First.Value, "bob"), Token);
        var second = await cluster.RequestAsync();

        Assert.Equal(cluster.First, first?.Revision?.Revision);
        Assert.Equal("bob", second?.By);
        Assert.NotEqual(first?.Id, second?.Id);
    }

    [Theory]
    [InlineData("web", """{"verb":"Rollback","revision":"ffffffffff","by":"ann"}""", 422, "web:1", "an unknown revision: those known are named")]
    [InlineData("web", """{"verb":"Jump","by":"ann"}""", 422, "Promote", "an unknown verb: those known are named")]
    [InlineData("web", "verb=pause", 422, "verb", "no JSON")]
    [InlineData("shop", """{"verb":"Pause","by":"ann"}""", 404, "web", "an unknown pool: those known are named")]
    public async Task What_cannot_be_followed_is_refused_with_what_is_allowed(string pool, string body, int status, string named, string because)
    {
        await using var cluster = await FollowedCluster.StartAsync(Token);

        using var answer = await cluster.Manager.Http.PostAsync(
            Routes.RolloutOf(pool), new StringContent(body, Encoding.UTF8, "application/json"), Token);

        Assert.True(status == (int)answer.StatusCode, because);
        var problem = await answer.Content.ReadFromJsonAsync(ApiJson.Default.ProblemView, Token);
        Assert.Contains(named, problem?.Detail, StringComparison.Ordinal);
        Assert.Null(await cluster.RequestAsync());
    }

    [Theory]
    [InlineData(RolloutPhase.RollingBack, "web is going back to revision ")]
    [InlineData(RolloutPhase.RolledBack, "web is back at revision ")]
    public async Task A_rollback_without_a_revision_goes_no_further_than_what_went_back_by_itself(RolloutPhase phase, string told)
    {
        await using var cluster = await FollowedCluster.StartAsync(Token);
        await cluster.GoBackAsync(phase);

        using var answer = await cluster.Manager.Http.PostAsync(
            Routes.RolloutOf("web"), new StringContent("""{"verb":"Rollback","by":"ann"}""", Encoding.UTF8, "application/json"), Token);

        var problem = await answer.Content.ReadFromJsonAsync(ApiJson.Default.ProblemView, Token);
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.StartsWith(told + cluster.First, problem?.Title, StringComparison.Ordinal);
        Assert.Equal("There is none to go back to further.", problem?.Detail);
        Assert.Null(await cluster.RequestAsync());
    }

    [Fact]
    public async Task A_node_is_taken_out_of_use_put_back_and_only_forgotten_when_lost()
    {
        await using var cluster = await FollowedCluster.StartAsync(Token);
        using var api = cluster.Api();
        await new TestNode(cluster.Consul, "n1").RegisterAsync(Token);
        await Until.TrueAsync(() => api.NodesAsync(Token), n => n.Length == 1, "the node is seen", Token);

        var taken = await api.SetEligibilityAsync("n1", new NodeEligibilityCommand(true, "new disk", "ann"), Token);
        Assert.True(taken is { Draining: true, Left: 0, Blocked: null });
        await Until.TrueAsync(() => api.NodesAsync(Token), n => n[0].Status == NodeStatus.Drained, "it is empty", Token);
        Assert.True((await api.GetNodeDrainAsync("n1", Token)).Draining);
        var wish = (await cluster.Consul.Kv.GetAsync(StateKeys.EligibilityOf(new NodeName("n1")), Token))!;
        var read = StateJson.Read(wish.Key, wish.Value, StateJson.Default.NodeEligibility);
        Assert.Equal(("new disk", false), (read.Reason, read.LeaveVolumes));
        await api.SetEligibilityAsync("n1", new NodeEligibilityCommand(true, "new disk", "ann") { LeaveVolumes = true }, Token);
        wish = (await cluster.Consul.Kv.GetAsync(StateKeys.EligibilityOf(new NodeName("n1")), Token))!;
        Assert.True(StateJson.Read(wish.Key, wish.Value, StateJson.Default.NodeEligibility).LeaveVolumes);

        var refused = await Assert.ThrowsAsync<NexusApiException>(() => api.ForgetNodeAsync("n1", "ann", Token));
        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        await api.SetEligibilityAsync("n1", new NodeEligibilityCommand(false, "", "ann"), Token);
        await Until.TrueAsync(() => api.NodesAsync(Token), n => n[0].Status == NodeStatus.Ready, "it is in use again", Token);

        var unknown = await Assert.ThrowsAsync<NexusApiException>(() => api.GetNodeDrainAsync("n7", Token));
        Assert.Equal(HttpStatusCode.NotFound, unknown.Status);
        Assert.Contains("n1", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Managers_say_on_which_machine_and_as_which_process_they_run()
    {
        await using var cluster = await FollowedCluster.StartAsync(Token);
        using var api = cluster.Api();

        var status = await Until.TrueAsync(() => api.StatusAsync(Token), s => s.Managers.Length == 1, "the manager is in the catalog", Token);

        Assert.Equal(Environment.MachineName, status.Managers[0].Host);
        Assert.Equal(Environment.ProcessId, status.Managers[0].Pid);
        Assert.True(status.DrillsAllowed);
    }

    [Fact]
    public async Task A_plan_says_what_would_change_and_applies_nothing()
    {
        await using var cluster = await FollowedCluster.StartAsync(Token);
        using var api = cluster.Api();
        await new TestNode(cluster.Consul, "n1").RegisterAsync(Token);
        await Until.TrueAsync(() => api.NodesAsync(Token), n => n.Length == 1, "the node is seen", Token);

        var same = await api.PlanAsync((await api.GetSpecAsync(Token))!.Yaml, "nexus.yaml", Token);
        var plan = await api.PlanAsync((await api.GetSpecAsync(Token))!.Yaml.Replace("web:2", "web:3", StringComparison.Ordinal), "nexus.yaml", Token);
        var bad = await api.PlanAsync("worker_pools: 7", "nexus.yaml", Token);

        Assert.True(same is { Valid: true, Changes: false });
        Assert.True(plan is { Valid: true, Changes: true });
        Assert.True(plan.Pools is [{ Pool: "web", What: "rollout", Desired: 2 }], string.Join("; ", plan.Pools));
        Assert.True(bad is { Valid: false, Problems.Length: > 0 });
        Assert.Equal(2, (await api.GetSpecAsync(Token))!.Revision);
    }

    [Fact]
    public async Task A_request_that_makes_no_sense_as_the_rollout_stands_is_refused_with_the_reason()
    {
        await using var cluster = await FollowedCluster.StartAsync(Token);
        using var api = cluster.Api();

        var refused = await Assert.ThrowsAsync<NexusApiException>(
            () => api.CommandRolloutAsync("web", new RolloutCommand(RolloutVerb.Promote, null, "ann"), Token));

        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        Assert.Contains("Stable", refused.Message, StringComparison.Ordinal);
        Assert.Null(await cluster.RequestAsync());
    }

    [Fact]
    public async Task The_OpenAPI_document_names_every_route_of_a_manager()
    {
        await using var cluster = await FollowedCluster.StartAsync(Token);

        using var document = JsonDocument.Parse(await cluster.Manager.Http.GetStringAsync("/openapi/v1.json", Token));

        var paths = document.RootElement.GetProperty("paths").EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        string[] agents = [Routes.AllocationChanges, Routes.AllocationDrill];
        var routes = typeof(Routes).GetFields().Select(f => (string)f.GetRawConstantValue()!).Except(agents);
        Assert.Empty(routes.Except(paths.Keys));
        Assert.All(
            paths.Values.SelectMany(p => p.EnumerateObject()),
            operation => Assert.True(operation.Value.TryGetProperty("summary", out _), $"{operation.Name} has no summary"));
        Assert.True(paths[Routes.Rollout].GetProperty("post").TryGetProperty("requestBody", out _));
        Assert.Equal(
            ["Allocations", "Events", "Nodes", "Pools", "Rollouts", "Spec", "Status"],
            paths.Where(p => p.Key.StartsWith("/v1/", StringComparison.Ordinal)).SelectMany(p => p.Value.EnumerateObject())
                .SelectMany(operation => operation.Value.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!))
                .Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>A manager beside a leader that does nothing, and a pool that was rolled out twice.</summary>
    private sealed class FollowedCluster : IAsyncDisposable
    {
        private readonly ConsulServer _server;
        private RolloutRecord? _record;
        private RolloutRevision? _first;

        private FollowedCluster(ConsulServer server, TestManager manager) =>
            (_server, Manager, Consul) = (server, manager, server.CreateClient());

        public ConsulClient Consul { get; }

        public TestManager Manager { get; }

        public PoolRevision First { get; private set; }

        public static async Task<FollowedCluster> StartAsync(CancellationToken cancellationToken)
        {
            var server = await ConsulServer.StartAsync(cancellationToken);
            using var client = server.CreateClient();
            var session = await client.Sessions.CreateAsync(
                new SessionRequest { LockDelay = TimeSpan.Zero, Checks = [HealthCheck.NodeCheckId] }, cancellationToken);
            await client.Kv.AcquireAsync(
                StateKeys.Leader,
                StateJson.Write(new LeaderRecord("idle", "http://127.0.0.1:9", DateTimeOffset.UnixEpoch), StateJson.Default.LeaderRecord),
                session, cancellationToken);
            var cluster = new FollowedCluster(server, await TestManager.StartAsync(server, "m1", cancellationToken));
            await cluster.SeedAsync(cancellationToken);
            return cluster;
        }

        public NexusApiClient Api() =>
            NexusApiClient.Create(new ApiEndpoint(Manager.Http.BaseAddress!, "the test"), TimeProvider.System, () => 0.5);

        /// <summary>The second revision was given up for the first.</summary>
        public async Task GoBackAsync(RolloutPhase phase)
        {
            var back = _record! with { Phase = phase, Stable = _first, Reason = "web-2-0 on n1: ended with exit code 1" };
            await Consul.Kv.PutAsync(StateKeys.RolloutOf(Web), StateJson.Write(back, StateJson.Default.RolloutRecord), Token);
            using var api = Api();
            await Until.TrueAsync(() => api.GetRolloutsAsync(Token), r => r is [var one] && one.Phase == phase, "it is seen", Token);
        }

        public async Task<RolloutRequest?> RequestAsync() =>
            await Consul.Kv.GetAsync(StateKeys.RequestOf(Web), Token) is { } pair
                ? StateJson.Read(pair.Key, pair.Value, StateJson.Default.RolloutRequest)
                : null;

        public async ValueTask DisposeAsync()
        {
            Consul.Dispose();
            await Manager.DisposeAsync();
            await _server.DisposeAsync();
        }

        private async Task SeedAsync(CancellationToken cancellationToken)
        {
            var first = await ApplyAsync("web:1", 1, cancellationToken);
            var second = await ApplyAsync("web:2", 2, cancellationToken);
            (_first, First) = (first, first.Revision);
            var at = TimeProvider.System.GetUtcNow();
            var record = new RolloutRecord
            {
                Pool = Web,
                Number = 2,
                Phase = RolloutPhase.Stable,
                Target = second,
                Stable = second,
                Requested = second.Revision,
                History =
                [
                    new(2, second.Revision, 2, "web:2", at, at, RolloutPhase.Stable, "all are available"),
                    new(1, first.Revision, 1, "web:1", at, at, RolloutPhase.Stable, "all are available"),
                ],
            };
            _record = record;
            await Consul.Kv.PutAsync(StateKeys.RolloutOf(Web), StateJson.Write(record, StateJson.Default.RolloutRecord), cancellationToken);
            using var api = Api();
            await Until.TrueAsync(() => api.GetRolloutsAsync(cancellationToken), r => r.Length == 1, "the rollout is seen", cancellationToken);
            await Until.TrueAsync(() => api.StatusAsync(cancellationToken), s => s.SpecRevision == 2, "the spec is seen", cancellationToken);
        }

        private async Task<RolloutRevision> ApplyAsync(string image, long revision, CancellationToken cancellationToken)
        {
            var yaml = $"drills: allowed\nworker_pools:\n  web:\n    min_replicas: 2\n    image: {image}\n    port: 80\n";
            using var answer = await Manager.ApplyAsync(yaml, cancellationToken);
            var template = SpecReader.Read(yaml, "test").Spec!.Pools[0].Template;
            return new RolloutRevision(PoolRevisions.Compute(template), template, revision);
        }
    }
}
