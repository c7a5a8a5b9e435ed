using System.Collections.Immutable;
using System.Threading.Channels;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A line that a resource wrote.</summary>
/// <param name="LineNumber">Counts from 1 since the resource's first line.</param>
/// <param name="Content">The line, without its end.</param>
/// <param name="IsErrorMessage">Whether it came from standard error.</param>
public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

/// <summary>The last lines of one running copy: a ring, so that a chatty resource costs no more than a quiet one.</summary>
internal sealed class ResourceLog
{
    private const int Capacity = 2_000;

    private readonly Lock _gate = new();
    private readonly Queue<LogLine> _lines = new();
    private ImmutableList<Channel<LogLine>> _watchers = [];
    private int _count;

    public LogLine Add(string content, bool isError)
    {
        lock (_gate)
        {
            var line = new LogLine(++_count, content, isError);
            _lines.Enqueue(line);
            if (_lines.Count > Capacity)
            {
                _lines.Dequeue();
            }

            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(line);
            }

            return line;
        }
    }

    public IReadOnlyList<LogLine> Lines()
    {
        lock (_gate)
        {
            return [.. _lines];
        }
    }

    /// <summary>The lines after the one of that number, as far as they are kept.</summary>
    public IReadOnlyList<LogLine> LinesAfter(int number)
    {
        lock (_gate)
        {
            return number >= _count ? [] : [.. _lines.Where(line => line.LineNumber > number)];
        }
    }

    public Subscription Subscribe()
    {
        // Bounded: a watcher that falls behind loses the oldest lines, as the ring itself does.
        var channel = Channel.CreateBounded<LogLine>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_gate)
        {
            foreach (var line in _lines)
            {
                channel.Writer.TryWrite(line);
            }

            _watchers = _watchers.Add(channel);
        }

        return new Subscription(this, channel);
    }

    private void Remove(Channel<LogLine> channel)
    {
        lock (_gate)
        {
            _watchers = _watchers.Remove(channel);
        }
    }

    public readonly struct Subscription(ResourceLog owner, Channel<LogLine> channel) : IDisposable
    {
        public ChannelReader<LogLine> Reader => channel.Reader;

        public void Dispose() => owner.Remove(channel);
    }
}
