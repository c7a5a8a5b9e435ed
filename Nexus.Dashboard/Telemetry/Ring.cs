using System.Diagnostics.CodeAnalysis;

namespace Nexus.Dashboard.Telemetry;

/// <summary>The newest items, oldest first. Grows with what it holds, up to its capacity.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "A ring is a collection by its own name.")]
internal sealed class Ring<T>(int capacity)
{
    private T[] _items = [];
    private int _first;

    public int Count { get; private set; }

    /// <summary>By age, the oldest at 0.</summary>
    public T this[int index] => index >= 0 && index < Count
        ? _items[(_first + index) % _items.Length]
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"The ring holds {Count} items.");

    public void Add(T item)
    {
        if (Count == _items.Length && Count < capacity)
        {
            // Not full yet, so it starts at 0 and a copy keeps the order.
            Array.Resize(ref _items, Math.Min(capacity, Math.Max(16, Count * 2)));
        }

        if (Count < capacity)
        {
            _items[Count++] = item;
            return;
        }

        _items[_first] = item;
        _first = (_first + 1) % capacity;
    }

    /// <summary>A copy, oldest first.</summary>
    public T[] ToArray()
    {
        var copy = new T[Count];
        for (var i = 0; i < Count; i++)
        {
            copy[i] = this[i];
        }

        return copy;
    }
}
