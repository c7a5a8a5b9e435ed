using System.Security.Cryptography;
using System.Threading.Channels;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.ServiceDefaults.Clocks;
using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Reports;

/// <summary>Takes events in without waiting; past its bound the oldest is given up. <see cref="EventWriter"/> writes them.</summary>
internal sealed class EventJournal
{
    private const int Bound = 1024;

    private readonly AgentIdentity _identity;
    private readonly TimeProvider _time;
    private readonly Channel<ClusterEvent> _queue;
    private readonly EventIdSequence _ids = new();
    private long _dropped;

    public EventJournal(AgentIdentity identity, TimeProvider time)
    {
        (_identity, _time) = (identity, time);
        _queue = Channel.CreateBounded<ClusterEvent>(
            new BoundedChannelOptions(Bound) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));
    }

    /// <summary>Events not yet taken by the writer.</summary>
    public ChannelReader<ClusterEvent> Pending => _queue.Reader;

    /// <summary>Events given up so far.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Takes in what happened to an allocation, now or at <paramref name="at"/>, of which only now is known enough to tell.</summary>
    public void Publish(
        string kind, EventSeverity severity, AllocationAssignment allocation, string message, DateTimeOffset? at = null) =>
        Publish(kind, severity, message, allocation.Pool, allocation.Id, at);

    /// <summary>Takes in what happened to a remembered allocation.</summary>
    public void Publish(string kind, EventSeverity severity, AllocationMemory allocation, string message) =>
        Publish(kind, severity, message, allocation.Pool, allocation.Id);

    /// <summary>Takes in what happened.</summary>
    public void Publish(
        string kind, EventSeverity severity, string message, PoolName? pool = null, AllocationId? allocation = null,
        DateTimeOffset? at = null)
    {
        var now = _time.GetWallNow();
        Span<byte> chance = stackalloc byte[10];
        RandomNumberGenerator.Fill(chance);
        _queue.Writer.TryWrite(new ClusterEvent
        {
            Id = _ids.Next(now, chance),
            At = at is { } then ? now - (_time.GetUtcNow() - then) : now,
            Kind = kind,
            Severity = severity,
            Message = message,
            Source = _identity.EventSource,
            Pool = pool,
            Allocation = allocation,
            Node = _identity.Node,
        });
    }
}
