using System.Collections.Immutable;
using System.Text;
using Nexus.Api.V1;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.Runtime;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Endpoints;

/// <summary>What the node runs and what it says, from the node itself: works with Consul and all managers dead.</summary>
internal static class AllocationEndpoints
{
    private const int DefaultTail = 100;
    private const int MaxTail = 10_000;

    public static void MapAllocations(this WebApplication app)
    {
        app.MapGet(Routes.Allocations, (AllocationBook book, AssignmentHolder holder, AgentIdentity identity) =>
            Results.Json(List(book, holder, identity), ApiJson.Default.ImmutableArrayAllocationView));
        app.MapGet(Routes.AllocationLogs, WriteLogsAsync);
    }

    private static ImmutableArray<AllocationView> List(AllocationBook book, AssignmentHolder holder, AgentIdentity identity)
    {
        var desired = (holder.Current.Assignment?.Allocations ?? []).ToDictionary(a => a.Id, a => a.Desired);
        return [.. book.Current.Values.OrderBy(m => m.Id.Value, StringComparer.Ordinal).Select(m => View(
            m.ToObserved(identity.Address), identity, desired.GetValueOrDefault(m.Id, DesiredStatus.Stop)))];
    }

    private static AllocationView View(ObservedAllocation seen, AgentIdentity identity, DesiredStatus desired) => new()
    {
        Id = seen.Id.Value,
        Pool = seen.Pool.Value,
        Node = identity.Node.Value,
        Revision = seen.Revision.Value,
        Desired = desired,
        Phase = seen.Phase,
        Healthy = seen.Healthy,
        Endpoint = seen.Port is null ? null : $"{seen.Address}:{seen.Port}",
        Restarts = seen.Restarts,
        ExitCode = seen.ExitCode,
        StartedAt = seen.StartedAt,
        Reason = seen.Reason,
        LastLogs = seen.LastLogs,
    };

    private static async Task WriteLogsAsync(
        string id, int? tail, bool? follow, HttpResponse response, AllocationBook book, RuntimeConnection connection,
        CancellationToken cancellationToken)
    {
        try
        {
            await TryWriteLogsAsync(id, tail, follow, response, book, connection, cancellationToken);
        }
        catch (RuntimeUnavailableException away) when (!response.HasStarted)
        {
            await Results.Problem(away.Message, statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(response.HttpContext);
        }
    }

    private static async Task TryWriteLogsAsync(
        string id, int? tail, bool? follow, HttpResponse response, AllocationBook book, RuntimeConnection connection,
        CancellationToken cancellationToken)
    {
        var allocation = new AllocationId(id);
        var lines = Math.Clamp(tail ?? DefaultTail, 0, MaxTail);
        var memory = book.Find(allocation);
        var workload = connection.Current is { } runtime ? await FindAsync(runtime, allocation, cancellationToken) : null;
        if (workload is null && memory is null)
        {
            await Results.Problem($"This node knows no allocation '{id}'.", statusCode: StatusCodes.Status404NotFound)
                .ExecuteAsync(response.HttpContext);
            return;
        }

        response.ContentType = "text/plain; charset=utf-8";
        if (workload is null)
        {
            await WriteAsync(response, memory!.LastLogs.TakeLast(lines), cancellationToken);
        }
        else if (follow == true)
        {
            await FollowAsync(response, connection.Required, workload.Id, lines, cancellationToken);
        }
        else
        {
            await WriteAsync(response, await connection.Required.TailLogsAsync(workload.Id, lines, cancellationToken), cancellationToken);
        }
    }

    private static async Task FollowAsync(
        HttpResponse response, IContainerRuntime runtime, WorkloadId workload, int lines, CancellationToken cancellationToken)
    {
        await response.StartAsync(cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
        try
        {
            await foreach (var line in runtime.FollowLogsAsync(workload, lines, cancellationToken))
            {
                await WriteAsync(response, [line], cancellationToken);
                await response.Body.FlushAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The reader left.
        }
    }

    private static async Task WriteAsync(HttpResponse response, IEnumerable<string> lines, CancellationToken cancellationToken)
    {
        foreach (var line in lines)
        {
            await response.Body.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), cancellationToken);
        }
    }

    private static async Task<Workload?> FindAsync(IContainerRuntime runtime, AllocationId allocation, CancellationToken cancellationToken) =>
        (await runtime.ListAsync(cancellationToken)).Where(w => w.Allocation == allocation).MaxBy(w => w.Attempt);
}
