using Nexus.Core.Ids;

namespace Nexus.Core.State;

/// <summary>How much an event matters to the person who reads it.</summary>
public enum EventSeverity
{
    /// <summary>Something changed as it should.</summary>
    Info,

    /// <summary>Something ended or failed and is being answered.</summary>
    Warning,

    /// <summary>Something needs a person.</summary>
    Error,
}

/// <summary>What happened and why. Written once, never changed.</summary>
public sealed record ClusterEvent
{
    /// <summary>Sorts by time; see <see cref="EventIds"/>.</summary>
    public required string Id { get; init; }

    /// <summary>When, by the writer's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What kind of thing, in PascalCase: <c>AllocationExited</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>How much it matters.</summary>
    public EventSeverity Severity { get; init; }

    /// <summary>What happened and why, in one sentence.</summary>
    public required string Message { get; init; }

    /// <summary>Who says so: <c>orchestrator/m1</c>, <c>worker/n1</c>, <c>gateway/g1</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The pool it concerns.</summary>
    public PoolName? Pool { get; init; }

    /// <summary>The allocation it concerns.</summary>
    public AllocationId? Allocation { get; init; }

    /// <summary>The node it concerns.</summary>
    public NodeName? Node { get; init; }
}

/// <summary>Ids of events: ULIDs (48 bits of milliseconds, 80 of chance, in Crockford's base 32), so keys sort by time.</summary>
public static class EventIds
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>The id for a moment and ten bytes of chance.</summary>
    /// <exception cref="ArgumentException">Not exactly ten bytes.</exception>
    public static string Create(DateTimeOffset at, ReadOnlySpan<byte> chance) => Text(Value(at, chance));

    /// <summary>The moment that an id was made at; null when it is no id.</summary>
    public static DateTimeOffset? TimeOf(string id)
    {
        if (id is not { Length: 26 })
        {
            return null;
        }

        long milliseconds = 0;
        foreach (var c in id.AsSpan(0, 10))
        {
            if (Alphabet.IndexOf(c, StringComparison.Ordinal) is not (>= 0 and var digit))
            {
                return null;
            }

            milliseconds = (milliseconds * 32) + digit;
        }

        return milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
    }

    internal static UInt128 Value(DateTimeOffset at, ReadOnlySpan<byte> chance)
    {
        if (chance.Length != 10)
        {
            throw new ArgumentException($"An event id takes 10 bytes of chance, got {chance.Length}.", nameof(chance));
        }

        var value = (UInt128)(ulong)at.ToUnixTimeMilliseconds();
        foreach (var b in chance)
        {
            value = (value << 8) | b;
        }

        return value;
    }

    internal static string Text(UInt128 value)
    {
        Span<char> text = stackalloc char[26];
        for (var i = 25; i >= 0; i--)
        {
            text[i] = Alphabet[(int)(ulong)(value & 31)];
            value >>= 5;
        }

        return new string(text);
    }
}

/// <summary>Ids for what one process says: each sorts after the one before, also within a millisecond or when the clock steps back.</summary>
public sealed class EventIdSequence
{
    private readonly Lock _gate = new();
    private UInt128 _last;

    /// <summary>The next id.</summary>
    /// <param name="at">The time.</param>
    /// <param name="chance">Ten bytes that no other process has.</param>
    /// <exception cref="ArgumentException">Not exactly ten bytes.</exception>
    public string Next(DateTimeOffset at, ReadOnlySpan<byte> chance)
    {
        var value = EventIds.Value(at, chance);
        lock (_gate)
        {
            _last = value > _last ? value : _last + 1;
            return EventIds.Text(_last);
        }
    }
}
