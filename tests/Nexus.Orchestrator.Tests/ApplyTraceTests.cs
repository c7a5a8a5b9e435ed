using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Core.Ids;
using Nexus.Testing;

namespace Nexus.Orchestrator.Tests;

/// <summary>The trace of an apply, which no call carries from the manager that was asked to the one that leads.</summary>
public sealed class ApplyTraceTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public ApplyTraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Nexus.Orchestrator" or "Microsoft.AspNetCore",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task It_goes_from_whom_was_asked_to_the_leader_and_on_with_the_assignment_and_once_only()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var leader = await TestManager.StartAsync(consul, "m1", Token);
        await KnowsTheLeaderAsync(leader);
        await using var follower = await TestManager.StartAsync(consul, "m2", Token);
        await KnowsTheLeaderAsync(follower);
        var n1 = new TestNode(client, "n1");
        await n1.RegisterAsync(Token);

        var first = await ApplyAsync(follower, replicas: 1);
        await n1.AssignedAsync(a => a.Allocations.Length == 1, "one replica", Token);
        Assert.Equal(first, await TraceOfAssignmentAsync());
        var second = await ApplyAsync(follower, replicas: 2);
        var assignment = await n1.AssignedAsync(a => a.Allocations.Length == 2, "two replicas", Token);
        Assert.Equal(second, await TraceOfAssignmentAsync());

        // What follows of itself is another trace: the node's report leads to passes that no apply asked for.
        await n1.ObeyAsync(assignment, TimeProvider.System.GetUtcNow(), Token);
        var spans = await Until.TrueAsync(
            () => Task.FromResult(SpansOf(second)),
            all => all.Exists(s => s.Kind == ActivityKind.Server) && all.Find(s => s.OperationName == "reconcile.spec") is { } span
                && _ended.Any(s => s.SpanId == span.Links.Single().Context.SpanId),
            "the spans of the request, of what the leader did about it, and of the pass in which it did", Token);
        var request = Assert.Single(spans, s => s.Kind == ActivityKind.Server);
        var reconcile = Assert.Single(spans, s => s.OperationName == "reconcile.spec");
        Assert.Equal(request.SpanId, reconcile.ParentSpanId);
        Assert.Equal(2L, reconcile.GetTagItem("nexus.spec.revision"));
        Assert.Equal("Committed", reconcile.GetTagItem("nexus.outcome"));
        Assert.Equal("reconcile", _ended.Single(s => s.SpanId == Assert.Single(reconcile.Links).Context.SpanId).OperationName);

        async Task<ActivityTraceId> TraceOfAssignmentAsync()
        {
            var pair = await client.Kv.GetAsync(StateKeys.DesiredOf(new NodeName("n1")), Token);
            Assert.True(ActivityContext.TryParse(TraceContext.Of(pair!.Value), null, out var written));
            return written.TraceId;
        }
    }

    private static Task<StatusView?> KnowsTheLeaderAsync(TestManager manager) => Until.TrueAsync(
        async () =>
        {
            using var answer = await manager.Http.GetAsync(Routes.Status, Token);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync(ApiJson.Default.StatusView, Token) : null;
        },
        status => status?.Leader?.Manager == "m1", "m1 leads, and it is seen", Token);

    private static async Task<ActivityTraceId> ApplyAsync(TestManager manager, int replicas)
    {
        var trace = ActivityTraceId.CreateRandom();
        using var request = new HttpRequestMessage(HttpMethod.Put, Routes.Spec)
        {
            Content = new StringContent($"worker_pools: {{ web: {{ min_replicas: {replicas}, image: 'web:1', port: 80 }} }}", Encoding.UTF8, "text/yaml"),
            Headers = { { "traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01" } },
        };
        using var answer = await manager.Http.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return trace;
    }

    private List<Activity> SpansOf(ActivityTraceId trace) => [.. _ended.Where(s => s.TraceId == trace)];
}
