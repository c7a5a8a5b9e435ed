using Serilog.Core;
using Serilog.Events;

namespace Nexus.ServiceDefaults.Logging;

/// <summary>Says once on standard error that the log file cannot be written, and why. It cannot be a log line: the log is
/// what failed. The service goes on; its console log is complete.</summary>
internal sealed class FileLogFailures(string path, TextWriter error) : ILoggingFailureListener
{
    private int _told;

    public void OnLoggingFailed(
        object sender,
        LoggingFailureKind kind,
        string message,
        IReadOnlyCollection<LogEvent>? events,
        Exception? exception)
    {
        // Temporary: the sink tries the next file name by itself.
        if (kind != LoggingFailureKind.Temporary && Interlocked.Exchange(ref _told, 1) == 0)
        {
            error.WriteLine(
                $"Cannot write the log file {path} ({FileLogOptions.Section}:Path): "
                + $"{(exception ?? FindReason())?.Message ?? message} "
                + "The service goes on and logs to the console only.");
        }
    }

    /// <summary>The sink swallows the system's reason, so do what it did.</summary>
    private Exception? FindReason()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var probe = new FileStream(
                path + ".probe", FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            return reason;
        }
    }
}
