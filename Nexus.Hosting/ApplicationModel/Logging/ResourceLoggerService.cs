using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Keeps the last lines that each resource wrote, and hands them to whoever watches.</summary>
public class ResourceLoggerService
{
    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);

    internal ResourceLoggerService()
    {
    }

    /// <summary>Told of every line, on the thread that wrote it.</summary>
    internal Action<string, LogLine>? LineWritten { get; set; }

    /// <summary>Writes to a resource's log.</summary>
    /// <param name="resource">The resource; its first running copy when there are several.</param>
    public ILogger GetLogger(IResource resource) => GetLogger(InstanceIds.Of(resource)[0]);

    /// <summary>Writes to the log of one running copy.</summary>
    /// <param name="resourceName">The running copy.</param>
    public ILogger GetLogger(string resourceName) => new ResourceLogger(this, resourceName);

    /// <summary>Yields the lines that are kept, then every new one, until it is cancelled.</summary>
    /// <param name="resource">The resource; its first running copy when there are several.</param>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource) => WatchAsync(InstanceIds.Of(resource)[0]);

    /// <summary>Yields the lines that are kept, then every new one, until it is cancelled.</summary>
    /// <param name="resourceName">The running copy.</param>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => WatchCoreAsync(resourceName);

    /// <summary>Yields the lines that are kept, in one piece, and ends.</summary>
    /// <param name="resource">The resource; all its running copies, one after the other.</param>
    public async IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(IResource resource)
    {
        foreach (var id in InstanceIds.Of(resource))
        {
            yield return Log(id).Lines();
        }

        await Task.CompletedTask;
    }

    internal void Write(string resourceId, string content, bool isError)
    {
        var line = Log(resourceId).Add(content, isError);
        LineWritten?.Invoke(resourceId, line);
    }

    internal IReadOnlyList<LogLine> LinesAfter(string resourceId, int number) => Log(resourceId).LinesAfter(number);

    internal IReadOnlyList<string> LastLines(string resourceId, int count) =>
        [.. Log(resourceId).Lines().TakeLast(count).Select(line => line.Content)];

    private async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchCoreAsync(
        string resourceId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var subscription = Log(resourceId).Subscribe();
        await foreach (var line in subscription.Reader.ReadAllAsync(cancellationToken))
        {
            yield return [line];
        }
    }

    private ResourceLog Log(string resourceId) => _logs.GetOrAdd(resourceId, static _ => new ResourceLog());

    private sealed class ResourceLogger(ResourceLoggerService owner, string resourceId) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = formatter(state, exception);
            owner.Write(resourceId, exception is null ? text : $"{text} {exception}", logLevel >= LogLevel.Error);
        }
    }
}
