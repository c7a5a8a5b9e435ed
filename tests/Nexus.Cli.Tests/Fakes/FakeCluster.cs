using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Nexus.Api.V1;
using Nexus.Core.Spec;

namespace Nexus.Cli.Tests.Fakes;

/// <summary>A manager that is only its API: a real server on a free port of loopback, with the state a test gives it.</summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private ImmutableArray<EventView> _events = [];
    private TaskCompletionSource _happened = New();
    private CancellationTokenSource _streams = new();

    private FakeCluster(WebApplication app) => _app = app;

    public ApiEndpoint Endpoint { get; private set; } = null!;

    public SpecView? Spec { get; set; }

    public StatusView Status { get; set; } = new();

    /// <summary>What an apply is said to have replaced.</summary>
    public (long Revision, string By)? Replaced { get; set; }

    /// <summary>What every plan comes to.</summary>
    public PlanView Plan { get; set; } = new() { Valid = true };

    public ImmutableArray<RolloutView> Rollouts { get; set; } = [];

    /// <summary>How far the emptying of every node is.</summary>
    public NodeDrainView Drain { get; set; } = new("n1", true, 2, null);

    public ConcurrentQueue<RolloutCommand> RolloutCommands { get; } = [];

    public ConcurrentQueue<NodeEligibilityCommand> EligibilityCommands { get; } = [];

    /// <summary>Removes a node for somebody; why not, or null.</summary>
    public Func<string, string, string?> RemoveNode { get; set; } = (_, _) => null;

    /// <summary>Runs at the start of every request; may answer it, by setting a status that is not 200.</summary>
    public Func<HttpContext, Task>? OnRequest { get; set; }

    public ConcurrentDictionary<string, string[]> Logs { get; } = new(StringComparer.Ordinal);

    /// <summary>Allocations whose output ends after its last line, so that following it does, too.</summary>
    public ConcurrentDictionary<string, bool> EndedLogs { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<SeenRequest> Requests { get; } = [];

    public static async Task<FakeCluster> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var cluster = new FakeCluster(app);
        cluster.Map();
        await app.StartAsync(TestContext.Current.CancellationToken);
        cluster.Endpoint = new ApiEndpoint(new Uri(app.Urls.Single()), "from the test");
        return cluster;
    }

    public void Happen(EventView happened)
    {
        lock (_gate)
        {
            _events = _events.Add(happened);
            _happened.TrySetResult();
            _happened = New();
        }
    }

    /// <summary>Cuts every stream of events.</summary>
    public void BreakStreams() => Interlocked.Exchange(ref _streams, new CancellationTokenSource()).Cancel();

    public async ValueTask DisposeAsync()
    {
        BreakStreams();
        await _app.DisposeAsync();
    }

    public static Task ProblemAsync(HttpContext context, int status, string title, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = ApiHeaders.ProblemJson;
        return context.Response.WriteAsync(JsonSerializer.Serialize(new ProblemView(title, status, detail), ApiJson.Default.ProblemView));
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Map()
    {
        _app.Use(async (context, next) =>
        {
            Requests.Enqueue(new SeenRequest(
                context.Request.Method, context.Request.Path + context.Request.QueryString.Value,
                context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
            await (OnRequest?.Invoke(context) ?? Task.CompletedTask);
            if (context.Response.StatusCode == StatusCodes.Status200OK && !context.Response.HasStarted)
            {
                await next(context);
            }
        });
        _app.MapGet(Routes.Spec, context => Spec is { } spec
            ? JsonAsync(context, spec, ApiJson.Default.SpecView)
            : ProblemAsync(context, 404, "No spec is applied", "Apply one."));
        _app.MapPut(Routes.Spec, ApplyAsync);
        _app.MapPost(Routes.SpecValidate, async context =>
            await JsonAsync(context, Check(await BodyAsync(context)), ApiJson.Default.SpecResult));
        _app.MapGet(Routes.Status, context => JsonAsync(context, Status, ApiJson.Default.StatusView));
        _app.MapGet(Routes.Pools, context => JsonAsync(context, Status.Pools, ApiJson.Default.ImmutableArrayPoolView));
        _app.MapGet(Routes.Nodes, context => JsonAsync(context, Status.Nodes, ApiJson.Default.ImmutableArrayNodeView));
        _app.MapGet(Routes.Allocations, context => JsonAsync(context, Status.Allocations, ApiJson.Default.ImmutableArrayAllocationView));
        _app.MapGet(Routes.Events, EventsAsync);
        _app.MapGet(Routes.AllocationLogs, LogsAsync);
        MapRollouts();
    }

    private void MapRollouts()
    {
        _app.MapPost(Routes.SpecPlan, context =>
        {
            context.Response.StatusCode = Plan.Valid ? 200 : 422;
            return JsonAsync(context, Plan, ApiJson.Default.PlanView);
        });
        _app.MapGet(Routes.Rollouts, context => JsonAsync(context, Rollouts, ApiJson.Default.ImmutableArrayRolloutView));
        _app.MapGet(Routes.Rollout, RolloutAsync);
        _app.MapPost(Routes.Rollout, async context =>
        {
            RolloutCommands.Enqueue((await context.Request.ReadFromJsonAsync(ApiJson.Default.RolloutCommand))!);
            await RolloutAsync(context);
        });
        _app.MapDelete(Routes.Node, async context =>
        {
            var node = (string)context.Request.RouteValues["node"]!;
            if (RemoveNode(node, context.Request.Query["by"].ToString()) is { } problem)
            {
                await ProblemAsync(context, 409, problem, "Stop its agent.");
                return;
            }

            context.Response.StatusCode = 202;
        });
        _app.MapGet(Routes.NodeEligibility, context => JsonAsync(context, Drain, ApiJson.Default.NodeDrainView));
        _app.MapPut(Routes.NodeEligibility, async context =>
        {
            var command = (await context.Request.ReadFromJsonAsync(ApiJson.Default.NodeEligibilityCommand))!;
            EligibilityCommands.Enqueue(command);
            Drain = Drain with { Draining = command.Draining };
            await JsonAsync(context, Drain, ApiJson.Default.NodeDrainView);
        });
    }

    private Task RolloutAsync(HttpContext context)
    {
        var pool = (string)context.Request.RouteValues["pool"]!;
        return Rollouts.FirstOrDefault(r => r.Pool == pool) is { } rollout
            ? JsonAsync(context, rollout, ApiJson.Default.RolloutView)
            : ProblemAsync(context, 404, $"No pool is called {pool}", "There are web.");
    }

    private async Task ApplyAsync(HttpContext context)
    {
        var yaml = await BodyAsync(context);
        if (context.Request.Headers.IfMatch.ToString() is { Length: > 0 } tag
            && (!ApiHeaders.TryReadRevisionTag(tag, out var expected) || expected != (Spec?.Revision ?? 0)))
        {
            await ProblemAsync(context, 412, "The spec has changed", $"Revision {Spec?.Revision ?? 0} is in force, not {expected}.");
            return;
        }

        var result = Check(yaml);
        if (result is { Valid: true, Changed: true })
        {
            result = result with { Revision = result.Revision + 1, Replaced = Replaced?.Revision, ReplacedBy = Replaced?.By };
            var author = ApiHeaders.Decode(context.Request.Headers[ApiHeaders.Author].ToString());
            Spec = new SpecView(result.Revision, yaml, default, author);
        }

        context.Response.StatusCode = result.Valid ? 200 : 422;
        await JsonAsync(context, result, ApiJson.Default.SpecResult);
    }

    private SpecResult Check(string yaml)
    {
        var read = SpecReader.Read(yaml, "nexus.yaml");
        var problems = read.Problems.Select(p =>
            new SpecProblemView(p.Severity == SpecSeverity.Error ? "error" : "warning", p.Line, p.Column, p.Key, p.Message));
        return new SpecResult(read.IsValid, Spec?.Revision ?? 0, read.IsValid && yaml != Spec?.Yaml, [.. problems]);
    }

    private async Task EventsAsync(HttpContext context)
    {
        if (context.Request.Headers.Accept != ApiHeaders.EventStream)
        {
            await JsonAsync(context, _events, ApiJson.Default.ImmutableArrayEventView);
            return;
        }

        context.Response.ContentType = ApiHeaders.EventStream;
        await context.Response.Body.FlushAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _streams.Token);
        try
        {
            await SseFormatter.WriteAsync(
                EventsAfterAsync(context.Request.Headers["Last-Event-ID"].ToString(), end.Token), context.Response.Body,
                (item, writer) => JsonSerializer.Serialize(new Utf8JsonWriter(writer), item.Data, ApiJson.Default.EventView), end.Token);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }

    private async IAsyncEnumerable<SseItem<EventView>> EventsAfterAsync(
        string lastId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            ImmutableArray<EventView> fresh;
            Task next;
            lock (_gate)
            {
                fresh = [.. _events.Where(e => string.CompareOrdinal(e.Id, lastId) > 0)];
                next = _happened.Task;
            }

            foreach (var happened in fresh)
            {
                lastId = happened.Id;
                yield return new SseItem<EventView>(happened, happened.Kind) { EventId = happened.Id };
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    private async Task LogsAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        if (!Logs.TryGetValue(id, out var lines))
        {
            await ProblemAsync(context, 404, $"No allocation is called {id}", "It may have been replaced.");
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        var tail = int.Parse(context.Request.Query["tail"].ToString());
        foreach (var line in lines.TakeLast(tail))
        {
            await context.Response.WriteAsync(line + "\n");
        }

        if (context.Request.Query["follow"] == "true" && !EndedLogs.ContainsKey(id))
        {
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<string> BodyAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        return await reader.ReadToEndAsync(context.RequestAborted);
    }

    private static Task JsonAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(value, type));
    }
}

/// <summary>A request as it arrived.</summary>
internal sealed record SeenRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers);
