using Nexus.Core.Routing;

namespace Nexus.Gateway.Routing;

/// <summary>Keeps the file up to date, apart from the loop that routes: a slow or full disk delays no change of routing.</summary>
internal sealed partial class RoutingFileWriter(
    RoutingState routing, RoutingFile file, TimeProvider time, ILogger<RoutingFileWriter> logger) : BackgroundService
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(30);

    private bool _isFailing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // What was read from the file at the start is in it.
        var written = routing.Current;
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!_isFailing)
            {
                await routing.WaitForChangeAsync(written, stoppingToken);
            }

            var current = routing.Current;
            if (TryWrite(current))
            {
                written = current;
            }

            await Task.Delay(_isFailing ? TryAgain : Rest, time, stoppingToken);
        }
    }

    /// <summary>One message when writing begins to fail and one when it works again.</summary>
    private bool TryWrite(RoutingSnapshot snapshot)
    {
        try
        {
            file.Write(snapshot);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_isFailing)
            {
                LogFailing(file.Path, e.Message);
            }

            _isFailing = true;
            return false;
        }

        if (_isFailing)
        {
            LogRecovered(file.Path);
        }

        _isFailing = false;
        return true;
    }

    [LoggerMessage(6033, LogLevel.Error, "The last known good routing cannot be kept in {Path}: {Reason}. Routing goes on, but a restart without Consul would begin with what the file said before")]
    private partial void LogFailing(string path, string reason);

    [LoggerMessage(6034, LogLevel.Information, "The last known good routing is kept in {Path} again")]
    private partial void LogRecovered(string path);
}
