using System.Collections.Concurrent;

namespace Nexus.Dashboard.Telemetry;

/// <summary>Keeps one copy of texts that are sent again and again; a full pool gives back what it is given.</summary>
internal sealed class TextPool(int capacity)
{
    private readonly ConcurrentDictionary<string, string> _texts = new(StringComparer.Ordinal);

    // Count of the dictionary takes all its locks.
    private int _count;

    public string Intern(string text)
    {
        if (_texts.TryGetValue(text, out var kept))
        {
            return kept;
        }

        if (Volatile.Read(ref _count) < capacity && _texts.TryAdd(text, text))
        {
            Interlocked.Increment(ref _count);
        }

        return text;
    }
}
