using System.Globalization;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;
using Nexus.Core.Ids;

namespace Nexus.Runtime.Docker;

/// <summary>
/// Reads the engine's word of containers that died. Comes back after every break, asks for what it missed, and tells no
/// event twice. One object serves one reading.
/// </summary>
internal sealed class EngineEvents(
    DockerEngine engine, DockerRuntimeOptions options, TimeProvider time, Func<double> chance, ILogger logger)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);
    private const int Remembered = 256;

    private readonly Queue<(string Id, long TimeNano)> _order = new();
    private readonly HashSet<(string Id, long TimeNano)> _seen = [];
    private long _lastNano;

    /// <summary>
    /// Until cancelled. <paramref name="afterBreak"/> looks at the state itself: an engine that was restarted has forgotten
    /// its events.
    /// </summary>
    public async Task ReadAsync(Action<WorkloadExit> publish, Func<CancellationToken, Task> afterBreak, CancellationToken cancellationToken)
    {
        _lastNano = time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;
        var delay = FirstDelay;
        var broken = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            var before = _lastNano;
            try
            {
                if (broken)
                {
                    await afterBreak(cancellationToken);
                }

                await MonitorAsync(publish, cancellationToken);
                logger.EventsEnded();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                logger.EventsLost(e.Message);
            }

            broken = true;
            delay = _lastNano != before ? FirstDelay : Min(delay * 2, LongestDelay);
            await Task.Delay(delay * (0.75 + (chance() / 2)), time, cancellationToken);
        }
    }

    private Task MonitorAsync(Action<WorkloadExit> publish, CancellationToken cancellationToken)
    {
        var filters = ContainerLabels.Filter(options);
        filters["type"] = new Dictionary<string, bool>(StringComparer.Ordinal) { ["container"] = true };
        filters["event"] = new Dictionary<string, bool>(StringComparer.Ordinal) { ["die"] = true };
        var parameters = new ContainerEventsParameters
        {
            Since = string.Create(CultureInfo.InvariantCulture, $"{_lastNano / 1_000_000_000}.{_lastNano % 1_000_000_000:D9}"),
            Filters = filters,
        };
        var progress = new DirectProgress<Message>(message =>
        {
            if (IsNew(message) && Read(message) is { } exit)
            {
                publish(exit);
            }
        });
        return engine.AskAsync(client => client.System.MonitorEventsAsync(parameters, progress, cancellationToken), cancellationToken);
    }

    private bool IsNew(Message message)
    {
        var nano = message.TimeNano ?? 0;
        if (!_seen.Add((message.Actor.ID, nano)))
        {
            return false;
        }

        _order.Enqueue((message.Actor.ID, nano));
        if (_order.Count > Remembered)
        {
            _seen.Remove(_order.Dequeue());
        }

        _lastNano = Math.Max(_lastNano, nano);
        return true;
    }

    private static WorkloadExit? Read(Message message)
    {
        var attributes = message.Actor.Attributes;
        if (!attributes.TryGetValue(ContainerLabels.Allocation, out var allocation))
        {
            return null;
        }

        int? code = attributes.TryGetValue("exitCode", out var text)
            && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        return new WorkloadExit(new AllocationId(allocation), new WorkloadId(message.Actor.ID), code);
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
