using System.Collections.Concurrent;
using System.Text.Json.Serialization.Metadata;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;

namespace Nexus.Orchestrator.State;

/// <summary>
/// Records as they were read last. Most have not changed between two looks, and comparing bytes costs less than reading them.
/// By the bytes and not by the index: a Consul restored from a backup gives an index twice. Also remembers the last readable
/// record of a key that has become unreadable since.
/// </summary>
internal sealed class RecordCache
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private sealed record Entry(ReadOnlyMemory<byte> Bytes, object? Record, string? Problem, object? LastKnown);

    /// <summary>The record of a pair.</summary>
    public RecordReading<T> Read<T>(KvPair pair, JsonTypeInfo<T> type)
        where T : class
    {
        var known = _entries.GetValueOrDefault(pair.Key);
        if (known is null || !known.Bytes.Span.SequenceEqual(pair.Value.Span) || (known.Record is not T && known.Problem is null))
        {
            var reading = StateRecords.Read(pair.Key, pair.Value, type);
            _entries[pair.Key] = known = new Entry(pair.Value, reading.Value, reading.Reason, reading.Value ?? known?.LastKnown);
        }

        return known.Record is T record ? RecordReading.Of(record) : RecordReading.Unreadable<T>(known.Problem!, known.LastKnown as T);
    }

    /// <summary>Remembers a record that this process wrote itself.</summary>
    public void Wrote(string key, ReadOnlyMemory<byte> bytes, object record) => _entries[key] = new Entry(bytes, record, null, record);

    /// <summary>The last readable records under a prefix whose keys are not among <paramref name="keys"/>, by key.</summary>
    public IEnumerable<KeyValuePair<string, T>> Lost<T>(string prefix, IReadOnlyDictionary<string, ulong> keys)
        where T : class
        => _entries.Where(e => e.Key.StartsWith(prefix, StringComparison.Ordinal) && !keys.ContainsKey(e.Key) && e.Value.LastKnown is T)
            .Select(e => KeyValuePair.Create(e.Key, (T)e.Value.LastKnown!));

    /// <summary>Forgets the records of all other keys, but for those under a prefix that nothing deletes.</summary>
    public void KeepOnly(IReadOnlyDictionary<string, ulong> keys, string? except = null)
    {
        foreach (var gone in _entries.Keys.Where(
            key => !keys.ContainsKey(key) && (except is null || !key.StartsWith(except, StringComparison.Ordinal))))
        {
            _entries.TryRemove(gone, out _);
        }
    }
}
