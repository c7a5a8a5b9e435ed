using System.Collections.Concurrent;
using System.Text.Json.Serialization.Metadata;
using Nexus.Api.State;
using Nexus.Consul;

namespace Nexus.Orchestrator.State;

/// <summary>
/// Documents as they were read last. Most have not changed between two looks, and comparing bytes costs less than reading them.
/// By the bytes and not by the index: a Consul restored from a backup gives an index twice.
/// </summary>
internal sealed class DocumentCache
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private sealed record Entry(ReadOnlyMemory<byte> Bytes, object Document);

    /// <summary>The document of a pair.</summary>
    /// <exception cref="System.Text.Json.JsonException">It is none.</exception>
    public T Read<T>(KvPair pair, JsonTypeInfo<T> type)
        where T : class
    {
        if (_entries.TryGetValue(pair.Key, out var entry) && entry.Document is T known && entry.Bytes.Span.SequenceEqual(pair.Value.Span))
        {
            return known;
        }

        var document = StateJson.Read(pair.Key, pair.Value, type);
        _entries[pair.Key] = new Entry(pair.Value, document);
        return document;
    }

    /// <summary>Forgets the documents of all other keys.</summary>
    public void KeepOnly(IReadOnlyDictionary<string, ulong> keys)
    {
        foreach (var gone in _entries.Keys.Where(key => !keys.ContainsKey(key)))
        {
            _entries.TryRemove(gone, out _);
        }
    }
}
