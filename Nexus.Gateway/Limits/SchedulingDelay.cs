using Microsoft.Extensions.Options;

namespace Nexus.Gateway.Limits;

/// <summary>
/// Measures how long work waits for a thread of this process. While that is long, whatever is begun is finished too late for whoever asked, so
/// the more is begun the less gets done; a gateway that refuses part of it serves the rest.
/// </summary>
internal sealed partial class SchedulingDelay(IOptions<GatewayOptions> options, TimeProvider time, ILogger<SchedulingDelay> logger)
    : BackgroundService
{
    /// <summary>Delays in a row that make an overload: one alone is a pause of the machine, after which all goes on.</summary>
    internal const int Row = 3;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    private int _late;
    private volatile bool _isTooLong;
    private long _refused;

    /// <summary>Whether new requests are refused.</summary>
    public bool IsTooLong => _isTooLong;

    /// <summary>A request was refused for it.</summary>
    public void NoteRefused() => Interlocked.Increment(ref _refused);

    /// <summary>Takes the next measurement.</summary>
    internal void Note(TimeSpan delay)
    {
        var limit = options.Value.Limits.SchedulingDelay;
        if (limit <= TimeSpan.Zero || delay < limit)
        {
            _late = 0;
            if (_isTooLong)
            {
                _isTooLong = false;
                LogOver(Interlocked.Exchange(ref _refused, 0));
            }
        }
        else if (++_late >= Row && !_isTooLong)
        {
            _isTooLong = true;
            LogOverloaded(delay);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var asleep = time.GetTimestamp();
            await Task.Delay(Period, time, stoppingToken);
            Note(time.GetElapsedTime(asleep) - Period);
        }
    }

    [LoggerMessage(6080, LogLevel.Warning, "Overloaded: work waits {Delay} for a thread. New requests are answered 503 until it waits less; give the gateway more CPU, or run more gateways")]
    private partial void LogOverloaded(TimeSpan delay);

    [LoggerMessage(6081, LogLevel.Warning, "No longer overloaded; {Count} requests were answered 503")]
    private partial void LogOver(long count);
}
