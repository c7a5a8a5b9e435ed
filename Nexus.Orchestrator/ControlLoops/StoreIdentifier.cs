using Nexus.Api.State;
using Nexus.Core.State;
using Nexus.Orchestrator.Events;
using Nexus.Orchestrator.Leadership;
using Nexus.Orchestrator.State;
using Nexus.ServiceDefaults.Clocks;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>
/// Gives a store that has no id one, before anything else is written into it, and keeps the cluster's name beside it. A leader
/// does this once in the life of a store.
/// </summary>
internal sealed class StoreIdentifier(ClusterStore store, ManagerIdentity manager, EventWriter events, Jitter jitter, TimeProvider time)
{
    /// <summary>What is to be written; null when the store is identified.</summary>
    internal ClusterIdentity? Missing(StoredCluster stored)
    {
        var name = stored.Snapshot.Spec?.Cluster;
        return stored.Identity.Value is { } known
            ? name is null || known.Name == name ? null : known with { Name = name }
            : new ClusterIdentity { Id = KnownId(stored) ?? NewId(), Name = name, CreatedBy = manager.Name, CreatedAt = time.GetWallNow() };
    }

    /// <summary>Writes <paramref name="missing"/>: the look is over then.</summary>
    public async Task<PassOutcome> WriteAsync(
        ClusterIdentity missing, StoredCluster stored, LeaderToken token, CancellationToken cancellationToken)
    {
        if (await store.TryIdentifyAsync(missing, stored, token, cancellationToken) && stored.Identity.Value is null)
        {
            events.Write(
                "StoreIdentified", EventSeverity.Info,
                $"Consul held no Nexus cluster: it is the store {missing.Id} from now on. Containers of an earlier store are kept and taken over.");
        }

        return PassOutcome.Stale;
    }

    // The record alone was lost or damaged: what stands beside it says which store it is.
    private static string? KnownId(StoredCluster stored) => stored.Snapshot.Assignments.Values
        .Where(a => a.Store is not null && stored.Indexes.ContainsKey(StateKeys.DesiredOf(a.Node)))
        .GroupBy(a => a.Store, StringComparer.Ordinal)
        .OrderByDescending(g => g.Count()).Select(g => g.Key).FirstOrDefault();

    private string NewId()
    {
        Span<byte> bytes = stackalloc byte[8];
        jitter.Fill(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
