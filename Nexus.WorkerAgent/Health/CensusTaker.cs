using System.Collections.Concurrent;
using System.Collections.Immutable;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.WorkerAgent.Catalog;

namespace Nexus.WorkerAgent.Health;

/// <summary>
/// Asks how the other replicas of a pool fare at this very moment, on all nodes: Consul's word would come too late to tell a
/// check that breaks everywhere from a replica that does. Who they are is Consul's last word.
/// </summary>
internal sealed class CensusTaker(ConsulClient consul, ReplicaProbe probe, TimeProvider time)
{
    private const int MostAsked = 8;

    // Of another node's replicas is not known how they are reached.
    private static readonly PortForwarding MaybeForwarded = new(Direct: null);
    private static readonly TimeSpan CatalogLimit = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<PoolName, ImmutableArray<ServiceEntry>> _known = new();

    /// <summary>Asks them; null when nobody can say who they are.</summary>
    public async Task<PoolCensus?> TakeAsync(AllocationAssignment self, PoolTemplate template, CancellationToken cancellationToken)
    {
        if (await FindAsync(self.Pool, cancellationToken) is not { } entries)
        {
            return null;
        }

        var others = entries
            .Where(e => e.Service.Meta.GetValueOrDefault(CatalogNames.MetaAllocation) is { Length: > 0 } id && id != self.Id.Value)
            .Take(MostAsked);
        var answers = await Task.WhenAll(others.Select(e => IsWellAsync(e, self, template, cancellationToken)));
        var counted = answers.OfType<bool>().ToList();
        return new PoolCensus(counted.Count, counted.Count(well => well));
    }

    // Null for one that cannot be reached: of the dead nothing follows for the check.
    private async Task<bool?> IsWellAsync(
        ServiceEntry entry, AllocationAssignment self, PoolTemplate template, CancellationToken cancellationToken)
    {
        var check = PoolServices.EffectiveCheck(template, entry.Service.Port);
        var sameRevision = entry.Service.Meta.GetValueOrDefault(CatalogNames.MetaRevision) == self.Revision.Value;
        if (!sameRevision || check is HealthCheckType.Script or HealthCheckType.None)
        {
            return entry.AggregatedStatus != CheckStatus.Critical;
        }

        var problem = await probe.AskAsync(
            template.Health, check, new ProbeTarget(entry.Address, entry.Service.Port, null, MaybeForwarded), cancellationToken);
        return problem is null ? true : problem.Kind == SickKind.Unreachable ? null : false;
    }

    private async Task<ImmutableArray<ServiceEntry>?> FindAsync(PoolName pool, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(CatalogLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return _known[pool] = (await consul.Health.ServiceAsync(pool.Value, passingOnly: false, both.Token)).Value;
        }
        catch (Exception e) when (e is ConsulException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return _known.TryGetValue(pool, out var known) ? known : null;
        }
    }
}
