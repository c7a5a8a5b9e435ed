using System.Collections.Immutable;

namespace Nexus.Consul;

/// <summary>
/// Consul's key-value store. A value may have up to 512 KB. Writing a value that is already there changes no index and
/// wakes no watch. Under ACLs a list leaves out what the token may not read: empty does not prove that there is nothing.
/// </summary>
public sealed class ConsulKv
{
    private static readonly ConsulReader<KvPair?> OnePair =
        ConsulRead.Json(ConsulJson.Default.KvPairArray, static pairs => pairs is [var pair, ..] ? pair : null);

    private static readonly ConsulReader<ImmutableArray<KvPair>> AllPairs =
        ConsulRead.Json(ConsulJson.Default.KvPairArray, ConsulRead.Freeze);

    private readonly ConsulTransport _transport;
    private readonly ConsulWatcher _watcher;

    internal ConsulKv(ConsulTransport transport, ConsulWatcher watcher) => (_transport, _watcher) = (transport, watcher);

    /// <summary>Reads one key; null when it does not exist.</summary>
    public Task<KvPair?> GetAsync(string key, CancellationToken cancellationToken) =>
        GetAsync(key, ReadConsistency.Default, cancellationToken);

    /// <summary>Reads one key as currently as asked; null when it does not exist.</summary>
    public async Task<KvPair?> GetAsync(string key, ReadConsistency consistency, CancellationToken cancellationToken) =>
        (await _transport.ReadAsync(OneKey(key, consistency), cancellationToken)).Value;

    /// <summary>Reads all keys that begin with a prefix, in order; empty when there is none.</summary>
    public Task<ConsulResult<ImmutableArray<KvPair>>> ListAsync(string prefix, CancellationToken cancellationToken) =>
        ListAsync(prefix, ReadConsistency.Default, cancellationToken);

    /// <summary>Reads all keys that begin with a prefix, in order, as currently as asked; empty when there is none.</summary>
    public Task<ConsulResult<ImmutableArray<KvPair>>> ListAsync(
        string prefix, ReadConsistency consistency, CancellationToken cancellationToken) =>
        _transport.ReadAsync(WholePrefix(prefix, consistency), cancellationToken);

    /// <summary>Writes a key whatever it was before.</summary>
    public async Task PutAsync(string key, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        var request = Put(key, value, query: null) with { IsIdempotent = true };
        if (!await _transport.SendAsync(request, ConsulRead.Boolean, cancellationToken))
        {
            throw new ConsulException($"PUT /{request.Path} was answered false, which an unconditional write never is.");
        }
    }

    /// <summary>Writes a key if it was not modified since; false when it was.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The new value.</param>
    /// <param name="modifyIndex">The <see cref="KvPair.ModifyIndex"/> read before; 0 means the key must not exist.</param>
    /// <param name="cancellationToken">Cancels the call, not necessarily the write.</param>
    public Task<bool> CompareAndSetAsync(
        string key, ReadOnlyMemory<byte> value, ulong modifyIndex, CancellationToken cancellationToken) =>
        _transport.SendAsync(Put(key, value, $"cas={modifyIndex}"), ConsulRead.Boolean, cancellationToken);

    /// <summary>
    /// Locks a key for a session and writes it; false when another session holds it or its lock delay runs. True again
    /// for the session that already holds it. A session that is gone is an exception with
    /// <see cref="ConsulException.IsInvalidSession"/>, since trying again would never help.
    /// </summary>
    public Task<bool> AcquireAsync(
        string key, ReadOnlyMemory<byte> value, string sessionId, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            Put(key, value, "acquire=" + Escape(sessionId)) with { IsIdempotent = true }, ConsulRead.Boolean, cancellationToken);

    /// <summary>Unlocks a key and writes it; false when the session does not hold it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">What the key says after; null leaves it empty.</param>
    /// <param name="sessionId">The session that holds the lock.</param>
    /// <param name="cancellationToken">Cancels the call, not necessarily the write.</param>
    public Task<bool> ReleaseAsync(
        string key, ReadOnlyMemory<byte>? value, string sessionId, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            Put(key, value ?? ReadOnlyMemory<byte>.Empty, "release=" + Escape(sessionId)), ConsulRead.Boolean, cancellationToken);

    /// <summary>Deletes one key; it need not exist.</summary>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ConsulRequest(HttpMethod.Delete, KvPath.OfKey(key)) { IsIdempotent = true }, ConsulRead.Boolean, cancellationToken);

    /// <summary>Deletes one key if it was not modified since; false when it was.</summary>
    public Task<bool> CompareAndDeleteAsync(string key, ulong modifyIndex, CancellationToken cancellationToken)
    {
        // Consul takes cas=0 on a delete for an unconditional one.
        ArgumentOutOfRangeException.ThrowIfZero(modifyIndex);
        return _transport.SendAsync(
            new ConsulRequest(HttpMethod.Delete, KvPath.OfKey(key), $"cas={modifyIndex}"), ConsulRead.Boolean, cancellationToken);
    }

    /// <summary>
    /// Deletes all keys under a prefix. The prefix must end with a slash: without one, "nodes/a" would take "nodes/ab" along,
    /// and an empty one everything.
    /// </summary>
    public Task DeleteTreeAsync(string prefix, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        if (!prefix.EndsWith('/'))
        {
            throw new ArgumentException($"The prefix '{prefix}' must end with '/'; else its namesakes would be deleted too.", nameof(prefix));
        }

        return _transport.SendAsync(
            new ConsulRequest(HttpMethod.Delete, KvPath.OfPrefix(prefix), "recurse") { IsIdempotent = true },
            ConsulRead.Boolean,
            cancellationToken);
    }

    /// <summary>
    /// Follows one key. Yields its state at once, then whenever its index changed, and once after every failure that was
    /// overcome. Never ends but by cancellation; a failed read is told to <see cref="WatchOptions.OnError"/> and repeated.
    /// </summary>
    public IAsyncEnumerable<ConsulResult<KvPair?>> WatchAsync(
        string key, WatchOptions? options, CancellationToken cancellationToken) =>
        _watcher.WatchAsync(OneKey(key, ReadConsistency.Default), options, cancellationToken);

    /// <summary>Follows all keys that begin with a prefix, as <see cref="WatchAsync"/> does one.</summary>
    public IAsyncEnumerable<ConsulResult<ImmutableArray<KvPair>>> WatchPrefixAsync(
        string prefix, WatchOptions? options, CancellationToken cancellationToken) =>
        _watcher.WatchAsync(WholePrefix(prefix, ReadConsistency.Default), options, cancellationToken);

    private static ConsulRead<KvPair?> OneKey(string key, ReadConsistency consistency) =>
        new(KvPath.OfKey(key), OnePair, ConsulRead.ToQuery(consistency), AcceptNotFound: true);

    private static ConsulRead<ImmutableArray<KvPair>> WholePrefix(string prefix, ReadConsistency consistency) => new(
        KvPath.OfPrefix(prefix),
        AllPairs,
        ConsulRead.ToQuery(consistency) is { } asked ? "recurse&" + asked : "recurse",
        AcceptNotFound: true);

    private static ConsulRequest Put(string key, ReadOnlyMemory<byte> value, string? query) =>
        new(HttpMethod.Put, KvPath.OfKey(key), query) { Body = value };

    private static string Escape(string sessionId)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        return Uri.EscapeDataString(sessionId);
    }
}
