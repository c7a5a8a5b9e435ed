using System.Collections.Concurrent;
using System.Collections.Immutable;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Catalog;

/// <summary>
/// The node's replicas in its Consul agent. Calls for one allocation never overlap, so an ejection of the dead cannot
/// undo the registration of its successor. Every call may be refused while Consul is away; a later pass makes up for it.
/// </summary>
internal sealed partial class LocalCatalog(
    ConsulClient consul, AgentIdentity identity, AssignmentHolder holder, CheckSources sources, TimeProvider time, ILogger<LocalCatalog> logger)
{
    // A Consul that hangs is as good as away: what is done to a replica does not wait for it.
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(1.5);

    private readonly ConcurrentDictionary<AllocationId, int> _registered = new();
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1, 1))];
    private long _changes;
    private int _away;

    /// <summary>What is believed to be registered, with the try; <see cref="TryResyncAsync"/> compares it with the truth.</summary>
    public ImmutableDictionary<AllocationId, int> Registered => _registered.ToImmutableDictionary();

    /// <summary>Whether this try of an allocation is believed to be registered.</summary>
    public bool IsRegistered(AllocationId allocation, int attempt) =>
        _registered.TryGetValue(allocation, out var registered) && registered == attempt;

    /// <summary>Registers a replica, as healthy or not; it takes requests from then on.</summary>
    public Task<bool> TryRegisterAsync(
        AllocationAssignment allocation, PoolTemplate template, SeenWorkload workload, bool healthy, CancellationToken cancellationToken)
    {
        if (holder.IsOfOtherCluster)
        {
            return Task.FromResult(false); // Gateways of that cluster would send its requests here.
        }

        var status = healthy ? CheckStatus.Passing : CheckStatus.Critical;
        return TryAsync(allocation.Id, async token =>
        {
            // Whatever stood there before is of no use, also when the call fails.
            _registered.TryRemove(allocation.Id, out _);
            await sources.LearnAsync(token);
            var isReported = sources.IsReported(PoolServices.EffectiveCheck(template, workload.Port), workload.Forwarding);
            await consul.Agent.RegisterServiceAsync(
                PoolServices.Describe(identity, allocation, template, workload, isReported, status), token);
            _registered[allocation.Id] = workload.Attempt;
        }, cancellationToken);
    }

    /// <summary>Takes a replica whose workload ended out of the catalog; nothing happens when its successor stands there.</summary>
    public Task<bool> TryEjectAsync(AllocationId allocation, int attempt, CancellationToken cancellationToken) =>
        TryAsync(allocation, async token =>
        {
            if (IsRegistered(allocation, attempt))
            {
                await consul.Agent.DeregisterServiceAsync(CatalogNames.ServiceId(allocation), token);
                _registered.TryRemove(allocation, out _);
            }
        }, cancellationToken);

    /// <summary>Makes gateways send no new requests while those in flight finish.</summary>
    public Task<bool> TryDrainAsync(AllocationId allocation, CancellationToken cancellationToken) =>
        TryAsync(allocation, token => consul.Agent.SetServiceMaintenanceAsync(
            CatalogNames.ServiceId(allocation), enable: true, "draining", token), cancellationToken);

    /// <summary>Takes an allocation out of the catalog, whatever is registered for it.</summary>
    public Task<bool> TryDeregisterAsync(AllocationId allocation, CancellationToken cancellationToken) =>
        TryAsync(allocation, async token =>
        {
            await consul.Agent.DeregisterServiceAsync(CatalogNames.ServiceId(allocation), token);
            _registered.TryRemove(allocation, out _);
        }, cancellationToken);

    /// <summary>Reports a check that this agent makes; false also when Consul does not know the check.</summary>
    public Task<bool> TryReportCheckAsync(AllocationId allocation, bool passing, string output, CancellationToken cancellationToken) =>
        TryAsync(allocation, token => consul.Agent.UpdateTtlAsync(
            CatalogNames.CheckId(allocation), passing ? CheckStatus.Passing : CheckStatus.Critical, output, token), cancellationToken);

    /// <summary>Reads what is registered in truth. Given up when something changed meanwhile; the next one comes soon.</summary>
    public async Task<bool> TryResyncAsync(CancellationToken cancellationToken)
    {
        var before = Interlocked.Read(ref _changes);
        ImmutableArray<ServiceInstance> services;
        try
        {
            services = await consul.Agent.ServicesAsync(cancellationToken);
        }
        catch (ConsulException e)
        {
            TellAway(e.Message);
            return false;
        }

        TellBack();
        var ours = services
            .Where(s => s.Meta.GetValueOrDefault(CatalogNames.MetaNode) == identity.Node.Value)
            .Where(s => s.Meta.ContainsKey(CatalogNames.MetaAllocation))
            .ToDictionary(
                s => new AllocationId(s.Meta[CatalogNames.MetaAllocation]),
                s => int.TryParse(s.Meta.GetValueOrDefault(CatalogNames.MetaAttempt), out var attempt) ? attempt : -1);
        if (Interlocked.Read(ref _changes) != before)
        {
            return false;
        }

        foreach (var missing in _registered.Keys.Where(id => !ours.ContainsKey(id)))
        {
            _registered.TryRemove(missing, out _);
            LogMissing(missing);
        }

        foreach (var (found, attempt) in ours)
        {
            _registered[found] = attempt;
        }

        return true;
    }

    private async Task<bool> TryAsync(AllocationId allocation, Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        var gate = _gates[(uint)allocation.GetHashCode() % (uint)_gates.Length];
        await gate.WaitAsync(cancellationToken);
        try
        {
            Interlocked.Increment(ref _changes);
            using var limit = new CancellationTokenSource(CallLimit, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            await call(both.Token);
            TellBack();
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            TellAway($"no answer within {CallLimit.TotalSeconds} s");
            return false;
        }
        catch (ConsulException e)
        {
            TellAway(e.Message);
            return false;
        }
        finally
        {
            Interlocked.Increment(ref _changes);
            gate.Release();
        }
    }

    private void TellAway(string reason)
    {
        if (Interlocked.Exchange(ref _away, 1) == 0)
        {
            LogAway(consul.Address, reason);
        }
    }

    private void TellBack()
    {
        if (Interlocked.Exchange(ref _away, 0) == 1)
        {
            LogBack(consul.Address);
        }
    }

    [LoggerMessage(5030, LogLevel.Warning, "The local Consul agent at {Address} refuses; replicas run on and are registered later: {Reason}")]
    private partial void LogAway(Uri address, string reason);

    [LoggerMessage(5031, LogLevel.Information, "The local Consul agent at {Address} answers again")]
    private partial void LogBack(Uri address);

    [LoggerMessage(5032, LogLevel.Warning, "Consul lost the registration of {Allocation}; registering it again")]
    private partial void LogMissing(AllocationId allocation);
}
