using Microsoft.Extensions.Logging;

namespace Nexus.Runtime;

/// <summary>What the runtimes log. In one class, because the generator puts several into an order of its own at every build, and
/// what is shipped is to come out the same from the same sources.</summary>
internal static partial class RuntimeLog
{
    [LoggerMessage(2001, LogLevel.Information, "Pulling image {Image}.")]
    public static partial void Pulling(this ILogger logger, string image);

    [LoggerMessage(2002, LogLevel.Debug, "Pulling image {Image}: layer {Layer} {Status} {Current}/{Total}.")]
    public static partial void PullProgress(this ILogger logger, string image, string? layer, string? status, long? current, long? total);

    [LoggerMessage(2003, LogLevel.Information, "Image {Image} is present.")]
    public static partial void Pulled(this ILogger logger, string image);

    [LoggerMessage(2010, LogLevel.Information, "The engine's event stream ended; it is reopened.")]
    public static partial void EventsEnded(this ILogger logger);

    [LoggerMessage(2011, LogLevel.Warning, "The engine's event stream broke: {Reason}")]
    public static partial void EventsLost(this ILogger logger, string reason);

    [LoggerMessage(2020, LogLevel.Information, "Started {Allocation} attempt {Attempt} as container {Container}, port {HostPort}.")]
    public static partial void ContainerStarted(this ILogger logger, string allocation, int attempt, string container, int? hostPort);

    [LoggerMessage(2021, LogLevel.Debug, "{Allocation} ended with exit code {ExitCode}.")]
    public static partial void ContainerExited(this ILogger logger, string allocation, int? exitCode);

    [LoggerMessage(2101, LogLevel.Information, "Started {Allocation} attempt {Attempt} as process {Pid}, port {Port}.")]
    public static partial void ProcessStarted(this ILogger logger, string allocation, int attempt, int? pid, int? port);
}
