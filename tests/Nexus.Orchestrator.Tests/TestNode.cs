using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Orchestrator.Tests;

/// <summary>Plays a worker agent towards Consul: registers a node, reads its assignment, reports what it is told to.</summary>
internal sealed class TestNode(ConsulClient consul, string name)
{
    private readonly NodeName _node = new(name);

    public async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var record = new NodeRecord
        {
            Node = _node,
            Capacity = new NodeCapacity(4000, 8L << 30),
            Arch = "amd64",
            Address = "127.0.0.1",
            ApiAddress = "http://127.0.0.1:9",
            ConsulNode = "test",
            AgentVersion = "1",
        };
        await consul.Kv.PutAsync(StateKeys.Node(_node), StateJson.Write(record, StateJson.Default.NodeRecord), cancellationToken);
        await consul.Agent.RegisterServiceAsync(
            new ServiceRegistration
            {
                Id = $"{CatalogNames.Worker}-{name}",
                Name = CatalogNames.Worker,
                Meta = new Dictionary<string, string>(StringComparer.Ordinal) { [CatalogNames.MetaNode] = name },
                Checks = [new TtlCheck { CheckId = $"{name}:alive", Ttl = TimeSpan.FromMinutes(5), InitialStatus = CheckStatus.Passing }],
            },
            cancellationToken);
    }

    public Task AnswerAsync(CancellationToken cancellationToken) =>
        consul.Agent.UpdateTtlAsync($"{name}:alive", CheckStatus.Passing, "alive", cancellationToken);

    public Task FallSilentAsync(CancellationToken cancellationToken) =>
        consul.Agent.UpdateTtlAsync($"{name}:alive", CheckStatus.Critical, "silent", cancellationToken);

    /// <summary>Waits until the assignment is as wanted.</summary>
    public async Task<NodeAssignment> AssignedAsync(Func<NodeAssignment, bool> condition, string what, CancellationToken cancellationToken)
    {
        NodeAssignment? last = null;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await foreach (var seen in consul.Kv.WatchAsync(StateKeys.DesiredOf(_node), null, either.Token))
            {
                if (seen.Value is not { } pair)
                {
                    continue;
                }

                last = StateJson.Read(pair.Key, pair.Value, StateJson.Default.NodeAssignment);
                if (condition(last))
                {
                    return last;
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // Said below.
        }

        throw new TimeoutException($"{name} was not told: {what}. Last assignment: {last}");
    }

    /// <summary>Reports every allocation of an assignment as running and healthy, and every stopped one as gone.</summary>
    public Task ObeyAsync(NodeAssignment assignment, DateTimeOffset healthySince, CancellationToken cancellationToken)
    {
        var observation = new NodeObservation
        {
            Node = _node,
            Epoch = assignment.Epoch,
            Generation = assignment.Generation,
            ReportedAt = TimeProvider.System.GetUtcNow(),
            Allocations = [.. assignment.Allocations.Select(a => new ObservedAllocation
            {
                Id = a.Id,
                Pool = a.Pool,
                Revision = a.Revision,
                Phase = a.Desired == DesiredStatus.Run ? AllocationPhase.Running : AllocationPhase.Stopped,
                Healthy = a.Desired == DesiredStatus.Run,
                HealthySince = a.Desired == DesiredStatus.Run ? healthySince : null,
            })],
        };
        return consul.Kv.PutAsync(
            StateKeys.ObservedOf(_node), StateJson.Write(observation, StateJson.Default.NodeObservation), cancellationToken);
    }
}
