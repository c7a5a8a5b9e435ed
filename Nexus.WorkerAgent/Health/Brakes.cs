using System.Collections.Concurrent;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Reports;

namespace Nexus.WorkerAgent.Health;

/// <summary>Which pools are not restarted on failed checks at the moment, told when that begins and when it ends.</summary>
internal sealed partial class Brakes(EventJournal events, AgentIdentity identity, ILogger<Brakes> logger)
{
    private readonly ConcurrentDictionary<PoolName, string> _held = new();
    private readonly HashSet<PoolName> _told = [];

    /// <summary>A replica of this pool was spared, for the reason given.</summary>
    public void Hold(PoolName pool, string reason) => _held.TryAdd(pool, reason);

    /// <summary>Looks afresh; called by the loop alone.</summary>
    /// <param name="frozen">Pools of which too many turned unhealthy on this node.</param>
    /// <param name="sick">Pools that have an unhealthy replica here; for others there is nothing to hold back.</param>
    public void Look(IReadOnlyCollection<PoolName> frozen, IReadOnlySet<PoolName> sick)
    {
        foreach (var pool in _held.Keys.Where(pool => !sick.Contains(pool)))
        {
            _held.TryRemove(pool, out _);
        }

        var now = frozen.Concat(_held.Keys).ToHashSet();
        foreach (var pool in now.Except(_told).ToList())
        {
            var reason = _held.TryGetValue(pool, out var held)
                ? $"A replica of pool {pool} on node {identity.Node} fails its check and is not restarted for it: {held}."
                : $"More than half of pool {pool} on node {identity.Node} turned unhealthy at once: its check is the suspect, so none is restarted for it.";
            LogEngaged(reason);
            events.Publish(EventKinds.BrakeEngaged, EventSeverity.Error, reason, pool);
            _told.Add(pool);
        }

        foreach (var pool in _told.Except(now).ToList())
        {
            events.Publish(EventKinds.BrakeReleased, EventSeverity.Info, $"Pool {pool} on node {identity.Node} is restarted on failed checks again.", pool);
            _told.Remove(pool);
        }
    }

    [LoggerMessage(5006, LogLevel.Error, "Brake: {Reason}")]
    private partial void LogEngaged(string reason);
}
