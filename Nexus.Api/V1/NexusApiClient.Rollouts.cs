using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;

namespace Nexus.Api.V1;

/// <content>Rollouts, plans, nodes taken out of use, drills.</content>
public sealed partial class NexusApiClient
{
    /// <summary>What applying a document would change; applies nothing. An invalid one is an answer: see <see cref="PlanView.Valid"/>.</summary>
    /// <param name="yaml">The document.</param>
    /// <param name="fileName">Name of its file, for messages.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<PlanView> PlanAsync(string yaml, string? fileName, CancellationToken cancellationToken)
    {
        using var request = SpecRequest(HttpMethod.Post, Routes.SpecPlan, yaml, fileName);
        return await _transport.SendAsync(
            request, ApiJson.Default.PlanView, HttpStatusCode.UnprocessableEntity, cancellationToken);
    }

    /// <summary>The rollouts of all pools.</summary>
    public Task<ImmutableArray<RolloutView>> GetRolloutsAsync(CancellationToken cancellationToken) =>
        _transport.GetAsync(Routes.Rollouts, ApiJson.Default.ImmutableArrayRolloutView, cancellationToken);

    /// <summary>The rollout of one pool with its history.</summary>
    public Task<RolloutView> GetRolloutAsync(string pool, CancellationToken cancellationToken) =>
        _transport.GetAsync(Routes.RolloutOf(pool), ApiJson.Default.RolloutView, cancellationToken);

    /// <summary>
    /// Asks something of a pool's rollout. Answered when the request is written down, which is before the leader follows it:
    /// the view is of that moment. What makes no sense for the rollout as it stands is refused (409).
    /// </summary>
    public async Task<RolloutView> CommandRolloutAsync(string pool, RolloutCommand command, CancellationToken cancellationToken)
    {
        using var request = _transport.Request(HttpMethod.Post, Routes.RolloutOf(pool), "application/json");
        request.Content = JsonContent.Create(command, ApiJson.Default.RolloutCommand);
        return await _transport.SendAsync(request, ApiJson.Default.RolloutView, alsoAccepted: null, cancellationToken);
    }

    /// <summary>Takes a node out of use or puts it back; answered when that is written down.</summary>
    public async Task<NodeDrainView> SetEligibilityAsync(string node, NodeEligibilityCommand command, CancellationToken cancellationToken)
    {
        using var request = _transport.Request(HttpMethod.Put, Routes.NodeEligibilityOf(node), "application/json");
        request.Content = JsonContent.Create(command, ApiJson.Default.NodeEligibilityCommand);
        return await _transport.SendAsync(request, ApiJson.Default.NodeDrainView, alsoAccepted: null, cancellationToken);
    }

    /// <summary>How far the emptying of a node is.</summary>
    public Task<NodeDrainView> GetNodeDrainAsync(string node, CancellationToken cancellationToken) =>
        _transport.GetAsync(Routes.NodeEligibilityOf(node), ApiJson.Default.NodeDrainView, cancellationToken);

    /// <summary>Has a lost node forgotten; answered when that is written down. A node that is not lost is refused (409).</summary>
    public async Task ForgetNodeAsync(string node, string by, CancellationToken cancellationToken)
    {
        using var request = _transport.Request(HttpMethod.Delete, $"{Routes.NodeOf(node)}?by={Uri.EscapeDataString(by)}", "application/json");
        await _transport.SendAsync(request, cancellationToken);
    }

    /// <summary>Has the agent at <paramref name="agentAddress"/> cause a fault in one of its allocations; any answer of success will do.</summary>
    public async Task DrillAsync(Uri agentAddress, string allocation, DrillCommand command, CancellationToken cancellationToken)
    {
        var endpoint = new ApiEndpoint(agentAddress, $"the worker agent of {allocation}");
        var agent = new ApiTransport(_http, () => endpoint, _time);
        using var request = agent.Request(HttpMethod.Post, Routes.DrillOf(allocation), "application/json");
        request.Content = JsonContent.Create(command, ApiJson.Default.DrillCommand);
        await agent.SendAsync(request, cancellationToken);
    }
}
