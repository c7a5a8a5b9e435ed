namespace Nexus.Simulation.Tests.Consul;

/// <summary>A key as the servers hold it.</summary>
internal sealed record Entry(byte[] Value, ulong Created, ulong Modified, ulong Locked, string? Session);

/// <summary>The servers' key-value store, with Consul's rules for indexes and locks.</summary>
internal sealed class KeyValues
{
    private readonly Dictionary<string, ulong> _prefixes = new(StringComparer.Ordinal);

    public SortedDictionary<string, Entry> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>The last index given to anything.</summary>
    public ulong Index { get; set; } = 10;

    /// <summary>Told of every key that changed: the key, what it was and what it is.</summary>
    public Action<string, Entry?, Entry?>? Changed { get; set; }

    public Entry? Find(string key) => Entries.GetValueOrDefault(key);

    /// <summary>Index of a key or of a prefix that ends in a slash.</summary>
    public ulong IndexOf(string prefix) => _prefixes.GetValueOrDefault(prefix, 1UL);

    /// <summary>Writes; an identical value changes nothing, as in Consul.</summary>
    public void Set(string key, byte[] value)
    {
        var before = Find(key);
        if (before is null || !before.Value.AsSpan().SequenceEqual(value))
        {
            Put(key, before, before is null
                ? new Entry(value, Index + 1, Index + 1, 0, null)
                : before with { Value = value, Modified = Index + 1 });
        }
    }

    public bool CompareAndSet(string key, byte[] value, ulong index)
    {
        if ((Find(key)?.Modified ?? 0) != index)
        {
            return false;
        }

        Set(key, value);
        return true;
    }

    public bool Acquire(string key, byte[] value, string session)
    {
        var before = Find(key);
        if (before?.Session is { } holder && holder != session)
        {
            return false;
        }

        if (before?.Session == session)
        {
            Set(key, value);
            return true;
        }

        Put(key, before, new Entry(value, before?.Created ?? Index + 1, Index + 1, (before?.Locked ?? 0) + 1, session));
        return true;
    }

    public bool Release(string key, byte[] value, string session)
    {
        var before = Find(key);
        if (before?.Session != session)
        {
            return false;
        }

        Put(key, before, before with { Value = value, Modified = Index + 1, Session = null });
        return true;
    }

    /// <summary>Unlocks without writing: the session is gone.</summary>
    public void Unlock(string key)
    {
        var before = Entries[key];
        Put(key, before, before with { Modified = Index + 1, Session = null });
    }

    public void Delete(string key)
    {
        if (Entries.Remove(key, out var before))
        {
            Index++;
            Touch(key);
            Changed?.Invoke(key, before, null);
        }
    }

    /// <summary>Loses everything; where the servers' disks are gone, the index counts from low again.</summary>
    public void Empty(bool fromTheStart)
    {
        foreach (var key in Entries.Keys.ToList())
        {
            Delete(key);
        }

        if (fromTheStart)
        {
            _prefixes.Clear();
            Index = 10;
        }
    }

    private void Put(string key, Entry? before, Entry after)
    {
        Index++;
        Entries[key] = after;
        Touch(key);
        Changed?.Invoke(key, before, after);
    }

    private void Touch(string key)
    {
        _prefixes[key] = Index;
        for (var slash = key.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = key.IndexOf('/', slash + 1))
        {
            _prefixes[key[..(slash + 1)]] = Index;
        }
    }
}
