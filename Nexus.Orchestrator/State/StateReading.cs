using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;

namespace Nexus.Orchestrator.State;

/// <summary>A record that is missing or cannot be read.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="Repair">What puts it right.</param>
internal sealed record RecordProblem(string Key, string Reason, string Repair);

/// <summary>Reads the records among the pairs of one look, and gathers what is wrong with them. Lives for one look.</summary>
internal sealed class StateReading
{
    private readonly ImmutableArray<KvPair> _pairs;
    private readonly RecordCache _cache;
    private readonly SortedDictionary<string, RecordProblem> _problems = new(StringComparer.Ordinal);

    public StateReading(ImmutableArray<KvPair> pairs, RecordCache cache)
    {
        (_pairs, _cache) = (pairs, cache);
        Indexes = pairs.ToImmutableDictionary(p => p.Key, p => p.ModifyIndex, StringComparer.Ordinal);
    }

    /// <summary>ModifyIndex of every key.</summary>
    public ImmutableDictionary<string, ulong> Indexes { get; }

    /// <summary>What is wrong, by key.</summary>
    public ImmutableArray<RecordProblem> Problems => [.. _problems.Values];

    public void Note(string key, string reason) => _problems[key] = new RecordProblem(key, reason, RecordRepairs.For(key));

    /// <summary>The records under a prefix, by name.</summary>
    public ImmutableSortedDictionary<string, RecordReading<T>> Under<T>(string prefix, JsonTypeInfo<T> type)
        where T : class
    {
        var readings = ImmutableSortedDictionary.CreateBuilder<string, RecordReading<T>>(StringComparer.Ordinal);
        foreach (var pair in _pairs.Where(p => p.Key.Length > prefix.Length && p.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var name = pair.Key[prefix.Length..];
            if (name.Contains('/', StringComparison.Ordinal))
            {
                Note(pair.Key, "no record has such a key");
                continue;
            }

            var reading = readings[name] = _cache.Read(pair, type);
            if (reading.Reason is { } reason)
            {
                Note(pair.Key, reason);
            }
        }

        return readings.ToImmutable();
    }

    /// <summary>The same for records that nothing deletes: one that was known and is missing is listed with what was known.</summary>
    public ImmutableSortedDictionary<string, RecordReading<T>> UnderLasting<T>(string prefix, JsonTypeInfo<T> type)
        where T : class
    {
        var readings = Under(prefix, type).ToBuilder();
        foreach (var (key, last) in _cache.Lost<T>(prefix, Indexes))
        {
            readings[key[prefix.Length..]] = RecordReading.Absent(last);
            Note(key, "the record is missing");
        }

        return readings.ToImmutable();
    }

    /// <summary>Notes which records of nodes are missing although the node is there.</summary>
    public void NoteMissing(ClusterSnapshot snapshot)
    {
        foreach (var (name, node) in snapshot.Nodes)
        {
            if (node.Record is null && !Indexes.ContainsKey(StateKeys.Nodes + name))
            {
                Note(StateKeys.Nodes + name, "the record is missing, although the node has not been forgotten");
            }

            if (snapshot.Unwritten.ContainsKey(name) && !Indexes.ContainsKey(StateKeys.Desired + name))
            {
                Note(StateKeys.Desired + name, "the record is missing, although the node reports allocations");
            }

            if (node.Doubts.HasFlag(RecordDoubts.Eligibility) && !Indexes.ContainsKey(StateKeys.Eligibility + name))
            {
                Note(StateKeys.Eligibility + name, "the record is missing, although the node was out of use");
            }
        }
    }
}
