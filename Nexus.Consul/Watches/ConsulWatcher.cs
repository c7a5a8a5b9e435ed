using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Nexus.Consul;

/// <summary>Turns waiting reads into a stream that outlives every failure.</summary>
internal sealed partial class ConsulWatcher(
    ConsulTransport transport, TimeProvider timeProvider, Func<double> jitter, ILogger<ConsulWatcher> logger)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SuspiciouslyQuick = TimeSpan.FromMilliseconds(20);

    public async IAsyncEnumerable<ConsulResult<T>> WatchAsync<T>(
        ConsulRead<T> read, WatchOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var cursor = new WatchCursor();
        var failures = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var waited = cursor.Index != 0;
            var started = timeProvider.GetTimestamp();
            ConsulResult<T>? result = null;
            try
            {
                result = await transport.PollAsync(read, cursor.Index, options?.Wait, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                failures++;
                LogFailure(read.Path, failures, exception);
                options?.OnError?.Invoke(exception);
            }

            if (result is null)
            {
                cursor.Fail();
                await PauseAsync(failures, cancellationToken);
                continue;
            }

            if (failures > 0)
            {
                LogRecovered(read.Path, failures);
                failures = 0;
            }

            var isNews = cursor.Observe(result.Index);
            if (isNews || (waited && options?.ResyncEveryWait == true))
            {
                yield return result;
            }

            // Something on the way answers without waiting: do not spin with it.
            if (!isNews && waited && timeProvider.GetElapsedTime(started) < SuspiciouslyQuick)
            {
                await PauseAsync(failures: 1, cancellationToken);
            }
        }
    }

    /// <summary>Doubles from 250 ms to 10 s; the second half of each pause is chance, so that a herd spreads out.</summary>
    internal static TimeSpan ComputePause(int failures, double chance)
    {
        var doublings = Math.Min(failures - 1, 6);
        var full = Math.Min(ShortestPause.TotalMilliseconds * (1 << doublings), LongestPause.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(full * (0.5 + (chance / 2)));
    }

    private Task PauseAsync(int failures, CancellationToken cancellationToken) =>
        Task.Delay(ComputePause(failures, jitter()), timeProvider, cancellationToken);

    private void LogFailure(string path, int failures, Exception exception)
    {
        if (failures == 1)
        {
            LogWatchFailed(path, exception.Message);
        }
        else
        {
            LogWatchFailsStill(path, failures, exception.Message);
        }
    }

    [LoggerMessage(1001, LogLevel.Warning, "Watch of {Path} failed and will retry: {Reason}")]
    private partial void LogWatchFailed(string path, string reason);

    [LoggerMessage(1002, LogLevel.Debug, "Watch of {Path} failed {Failures} times in a row: {Reason}")]
    private partial void LogWatchFailsStill(string path, int failures, string reason);

    [LoggerMessage(1003, LogLevel.Information, "Watch of {Path} works again after {Failures} failures")]
    private partial void LogRecovered(string path, int failures);
}
