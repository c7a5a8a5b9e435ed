using System.Text.Json.Serialization.Metadata;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Orchestrator.State;

/// <summary>What people ask of rollouts and nodes. Any manager writes it, by CAS; the leader acts on it.</summary>
internal sealed class WishStore(ConsulClient consul)
{
    private const int Attempts = 5;

    /// <summary>Asks something of a pool's rollout; the last request counts.</summary>
    public Task WriteAsync(RolloutRequest request, CancellationToken cancellationToken) =>
        WriteAsync(StateKeys.RequestOf(request.Pool), request, StateJson.Default.RolloutRequest, cancellationToken);

    /// <summary>Takes a node out of use, puts it back or has it forgotten; the last word counts.</summary>
    public Task WriteAsync(NodeEligibility eligibility, CancellationToken cancellationToken) =>
        WriteAsync(StateKeys.EligibilityOf(eligibility.Node), eligibility, StateJson.Default.NodeEligibility, cancellationToken);

    /// <summary>The template that a pool had in a spec of the past; null when that spec is gone, cannot be read, or says otherwise to this version.</summary>
    public async Task<PoolTemplate?> FindTemplateAsync(
        PoolName pool, PoolRevision revision, long specRevision, CancellationToken cancellationToken)
    {
        var key = StateKeys.SpecRevision(specRevision);
        var pair = await consul.Kv.GetAsync(key, cancellationToken);
        if (StateRecords.Read(key, pair?.Value, StateJson.Default.SpecDocument).Value is not { } document)
        {
            return null;
        }

        var template = SpecReader.Read(document.Yaml, $"revision {specRevision}").Spec?.Pools.FirstOrDefault(p => p.Name == pool)?.Template;
        return template is not null && PoolRevisions.Compute(template) == revision ? template : null;
    }

    private async Task WriteAsync<T>(string key, T document, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var value = StateJson.Write(document, type);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var before = await consul.Kv.GetAsync(key, ReadConsistency.Consistent, cancellationToken);
            if (await consul.Kv.CompareAndSetAsync(key, value, before?.ModifyIndex ?? 0, cancellationToken))
            {
                return;
            }
        }

        throw new ConsulException($"'{key}' was changed by others {Attempts} times in a row; nothing was written.");
    }
}
