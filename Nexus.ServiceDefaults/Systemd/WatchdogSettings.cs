using System.Globalization;

namespace Nexus.ServiceDefaults.Systemd;

/// <summary>What systemd asks of this process under <c>WatchdogSec=</c>; see sd_watchdog_enabled(3).</summary>
/// <param name="Timeout">The silence after which systemd kills the process.</param>
internal sealed record WatchdogSettings(TimeSpan Timeout)
{
    /// <summary>Half the timeout, as sd_watchdog_enabled(3) advises.</summary>
    public TimeSpan PingInterval => Timeout / 2;

    /// <summary>Null when there is no watchdog, or when it is meant for another process (a parent's environment).</summary>
    public static WatchdogSettings? FromEnvironment(Func<string, string?> read, int processId)
    {
        if (!long.TryParse(read("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            || microseconds <= 0)
        {
            return null;
        }

        return read("WATCHDOG_PID") is { Length: > 0 } pid && pid != processId.ToString(CultureInfo.InvariantCulture)
            ? null
            : new WatchdogSettings(TimeSpan.FromMicroseconds(microseconds));
    }
}
