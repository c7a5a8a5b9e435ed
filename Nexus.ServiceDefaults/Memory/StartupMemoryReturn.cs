using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nexus.ServiceDefaults.Memory;

/// <summary>Gives back, once, the memory that only the start of the service needed. A service that then rests for weeks would
/// otherwise hold it: without allocations there is no collection.</summary>
/// <param name="returnUnused">Gives back what is not in use; <see cref="ProcessMemory.ReturnUnused"/>.</param>
/// <param name="time">Measures the time since the start.</param>
/// <param name="logger">Told what it took.</param>
internal sealed partial class StartupMemoryReturn(Action returnUnused, TimeProvider time, ILogger<StartupMemoryReturn> logger)
    : BackgroundService
{
    /// <summary>Long enough for the first passes and their compilation to be over.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(Delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stoppingToken.IsCancellationRequested)
        {
            return;
        }

        var (resident, start) = (Environment.WorkingSet, time.GetTimestamp());
        returnUnused();
        LogReturned((resident - Environment.WorkingSet) / 1024, time.GetElapsedTime(start).TotalMilliseconds);
    }

    [LoggerMessage(3003, LogLevel.Debug, "Gave {Kibibytes} KiB of the start's memory back to the system in {Milliseconds:0.0} ms")]
    private partial void LogReturned(long kibibytes, double milliseconds);
}
