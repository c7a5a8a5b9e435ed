using System.Collections.Concurrent;
using Nexus.Core.Routing;

namespace Nexus.Gateway.Ejecting;

/// <summary>What is held against one destination.</summary>
/// <param name="Pool">Its pool.</param>
/// <param name="Allocation">Its id.</param>
/// <param name="Life">Which container or process failed; another one starts with a clean sheet.</param>
/// <param name="Standing">Where it stands.</param>
/// <param name="Reason">Why it was last ejected.</param>
/// <param name="At">Timestamp of that.</param>
internal sealed record EjectionEntry(
    string Pool, string Allocation, string Life, Ejection Standing, EjectionReason Reason, long At)
{
    /// <summary>When that was, by the clock on the wall.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>How long it stays out.</summary>
    public TimeSpan Duration { get; init; }
}

/// <summary>Everything held against destinations, by allocation. <see cref="Ejector"/> writes, all read.</summary>
internal sealed class EjectionBook
{
    private readonly ConcurrentDictionary<string, EjectionEntry> _entries = new(StringComparer.Ordinal);
    private volatile int _count;

    /// <summary>The state nearly always, and cheap to ask.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>A copy of all entries.</summary>
    public IReadOnlyCollection<EjectionEntry> All => [.. _entries.Values];

    public EjectionEntry? Find(string allocation) => IsEmpty ? null : _entries.GetValueOrDefault(allocation);

    public bool IsEjected(string allocation) => Find(allocation)?.Standing.Phase == EjectionPhase.Ejected;

    public void Write(EjectionEntry entry)
    {
        _entries[entry.Allocation] = entry;
        _count = _entries.Count;
    }

    public void Strike(string allocation)
    {
        _entries.TryRemove(allocation, out _);
        _count = _entries.Count;
    }
}
