namespace Nexus.Core.State;

/// <summary>What became of reading a record.</summary>
public enum RecordStatus
{
    /// <summary>There is no such record.</summary>
    Absent,

    /// <summary>It was read.</summary>
    Readable,

    /// <summary>There is one, and this version cannot read it: damaged, or written by a newer version.</summary>
    Unreadable,
}

/// <summary>
/// The result of reading one record of the cluster's state. Unreadable is not absent: its content is unknown, so nothing may
/// be stopped, placed or returned to use because of it.
/// </summary>
/// <typeparam name="T">The record.</typeparam>
public readonly record struct RecordReading<T>
    where T : class
{
    internal RecordReading(RecordStatus status, T? value, string? reason, T? lastKnown) =>
        (Status, Value, Reason, LastKnown) = (status, value, reason, lastKnown);

    /// <summary>Which of the three.</summary>
    public RecordStatus Status { get; }

    /// <summary>The record; null unless it is readable.</summary>
    public T? Value { get; }

    /// <summary>Why it is unreadable; null unless it is.</summary>
    public string? Reason { get; }

    /// <summary>The record as this process last read or wrote it, while it is not readable now; null where it never did.</summary>
    public T? LastKnown { get; }

    /// <summary>Whether something stands there that cannot be read.</summary>
    public bool IsUnreadable => Status == RecordStatus.Unreadable;
}

/// <summary>Makes readings.</summary>
public static class RecordReading
{
    /// <summary>A record that was read.</summary>
    public static RecordReading<T> Of<T>(T value)
        where T : class
        => new(RecordStatus.Readable, value, null, null);

    /// <summary>A record that is not there; with what was last known of it, where nothing should have deleted it.</summary>
    public static RecordReading<T> Absent<T>(T? lastKnown = null)
        where T : class
        => new(RecordStatus.Absent, null, null, lastKnown);

    /// <summary>A record that cannot be read.</summary>
    public static RecordReading<T> Unreadable<T>(string reason, T? lastKnown = null)
        where T : class
        => new(RecordStatus.Unreadable, null, reason, lastKnown);
}
