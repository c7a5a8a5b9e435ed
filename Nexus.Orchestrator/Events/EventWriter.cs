using System.Threading.Channels;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.Leadership;
using Nexus.ServiceDefaults.Clocks;

namespace Nexus.Orchestrator.Events;

/// <summary>
/// Writes events to Consul in the order they were said. Never makes its caller wait: the queue is bounded, and what does
/// not fit while Consul is away is dropped and counted in the log.
/// </summary>
internal sealed partial class EventWriter(
    ConsulClient consul, ManagerIdentity identity, TimeProvider time, Jitter jitter, ILogger<EventWriter> logger) : BackgroundService
{
    private const int Capacity = 1_000;

    private readonly EventIdSequence _ids = new();
    private readonly Channel<ClusterEvent> _queue = Channel.CreateBounded<ClusterEvent>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    public void Write(
        string kind, EventSeverity severity, string message, PoolName? pool = null, AllocationId? allocation = null, NodeName? node = null)
    {
        var now = time.GetWallNow();
        Span<byte> chance = stackalloc byte[10];
        jitter.Fill(chance);
        var written = _queue.Writer.TryWrite(new ClusterEvent
        {
            Id = _ids.Next(now, chance),
            At = now,
            Kind = kind,
            Severity = severity,
            Message = message,
            Source = identity.Source,
            Pool = pool,
            Allocation = allocation,
            Node = node,
        });
        if (!written)
        {
            LogDropped(kind, message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var item in _queue.Reader.ReadAllAsync(stoppingToken))
        {
            while (!await TryPutAsync(item, stoppingToken))
            {
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken);
            }
        }
    }

    private async Task<bool> TryPutAsync(ClusterEvent item, CancellationToken cancellationToken)
    {
        try
        {
            await consul.Kv.PutAsync(StateKeys.Event(item.Id), StateJson.Write(item, StateJson.Default.ClusterEvent), cancellationToken);
            return true;
        }
        catch (ConsulException e)
        {
            LogPutFailed(item.Kind, e.Message);
            return false;
        }
    }

    [LoggerMessage(4020, LogLevel.Warning, "Event {Kind} was dropped because Consul has been away for too long: {Text}")]
    private partial void LogDropped(string kind, string text);

    [LoggerMessage(4021, LogLevel.Debug, "Event {Kind} is kept until Consul takes it: {Error}")]
    private partial void LogPutFailed(string kind, string error);
}
