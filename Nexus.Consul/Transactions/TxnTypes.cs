using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Nexus.Consul;

/// <summary>How a transaction went.</summary>
/// <param name="Committed">Whether all operations took effect; else none did.</param>
/// <param name="Results">What the operations that return a pair returned, in order; written pairs come without their value.</param>
/// <param name="Errors">Why not, when not committed.</param>
public sealed record TxnResult(bool Committed, ImmutableArray<KvPair> Results, ImmutableArray<TxnError> Errors);

/// <summary>An operation that refused a transaction.</summary>
/// <param name="OpIndex">Its place in the list.</param>
/// <param name="What">Consul's reason.</param>
public sealed record TxnError(int OpIndex, string What);

/// <summary>One step of a transaction.</summary>
public sealed record TxnOperation
{
    private TxnOperation(string verb, string key) => (Verb, Key) = (verb, key);

    /// <summary>Consul's name of the step.</summary>
    public string Verb { get; }

    /// <summary>The key it is about.</summary>
    public string Key { get; }

    internal ReadOnlyMemory<byte>? Value { get; private init; }

    internal ulong? Index { get; private init; }

    internal string? Session { get; private init; }

    /// <summary>Writes a key.</summary>
    public static TxnOperation Set(string key, ReadOnlyMemory<byte> value) => new("set", Named(key)) { Value = value };

    /// <summary>Writes a key, or refuses when it was modified since; 0 means it must not exist.</summary>
    public static TxnOperation CompareAndSet(string key, ReadOnlyMemory<byte> value, ulong modifyIndex) =>
        new("cas", Named(key)) { Value = value, Index = modifyIndex };

    /// <summary>Deletes a key, which need not exist.</summary>
    public static TxnOperation Delete(string key) => new("delete", Named(key));

    /// <summary>Deletes a key, or refuses when it was modified since.</summary>
    public static TxnOperation DeleteCompare(string key, ulong modifyIndex) =>
        new("delete-cas", Named(key)) { Index = modifyIndex };

    /// <summary>Refuses unless this session holds this key.</summary>
    public static TxnOperation CheckSession(string key, string session) => new("check-session", Named(key)) { Session = session };

    /// <summary>Refuses unless the key has this modify index.</summary>
    public static TxnOperation CheckIndex(string key, ulong modifyIndex) => new("check-index", Named(key)) { Index = modifyIndex };

    /// <summary>Refuses when the key exists.</summary>
    public static TxnOperation CheckNotExists(string key) => new("check-not-exists", Named(key));

    /// <summary>Reads a key, or refuses when it does not exist.</summary>
    public static TxnOperation Get(string key) => new("get", Named(key));

    /// <summary>Reads all keys that begin with a prefix; there need not be one.</summary>
    public static TxnOperation GetTree(string prefix) => new("get-tree", Named(prefix));

    /// <summary>Locks and writes a key, or refuses when another session holds it.</summary>
    public static TxnOperation Lock(string key, ReadOnlyMemory<byte> value, string session) =>
        new("lock", Named(key)) { Value = value, Session = session };

    /// <summary>Unlocks and writes a key, or refuses when the session does not hold it.</summary>
    public static TxnOperation Unlock(string key, ReadOnlyMemory<byte> value, string session) =>
        new("unlock", Named(key)) { Value = value, Session = session };

    private static string Named(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return key;
    }
}

/// <summary>An operation as Consul reads it.</summary>
internal sealed record TxnOperationWire([property: JsonPropertyName("KV")] TxnKvWire Kv)
{
    public static TxnOperationWire Of(TxnOperation operation) =>
        new(new TxnKvWire(operation.Verb, operation.Key, operation.Value, operation.Index, operation.Session));
}

/// <summary>See <see cref="TxnOperationWire"/>.</summary>
internal sealed record TxnKvWire(string Verb, string Key, ReadOnlyMemory<byte>? Value, ulong? Index, string? Session);

/// <summary>An answer as Consul writes it.</summary>
internal sealed record TxnResultWire(TxnPairWire[]? Results, TxnError[]? Errors);

/// <summary>See <see cref="TxnResultWire"/>; a kind of result we did not ask for has no pair.</summary>
internal sealed record TxnPairWire([property: JsonPropertyName("KV")] KvPair? Kv);
