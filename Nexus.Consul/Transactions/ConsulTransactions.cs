using System.Collections.Immutable;
using System.Net;

namespace Nexus.Consul;

/// <summary>Several KV operations that take effect together or not at all.</summary>
public sealed class ConsulTransactions
{
    /// <summary>What Consul 1.8 takes at once; all values together may have about 380 KB.</summary>
    public const int MaxOperations = 64;

    private readonly ConsulTransport _transport;

    internal ConsulTransactions(ConsulTransport transport) => _transport = transport;

    /// <summary>
    /// Runs 1 to <see cref="MaxOperations"/> operations. A refusal, also one for want of permission, is a result that is
    /// not committed. Never retried: after an exception with <see cref="ConsulException.IsUnreachable"/> read before
    /// assuming either way.
    /// </summary>
    public Task<TxnResult> ExecuteAsync(IReadOnlyList<TxnOperation> operations, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(operations);
        return SendAsync(operations, query: null, isIdempotent: false, cancellationToken);
    }

    /// <summary>
    /// Reads all keys under several prefixes as they were at one moment, in one call. Under ACLs what the token may not read is
    /// left out, as in a list.
    /// </summary>
    public async Task<ImmutableArray<KvPair>> ReadAsync(
        IReadOnlyList<string> prefixes, ReadConsistency consistency, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefixes);
        var result = await SendAsync(
            [.. prefixes.Select(TxnOperation.GetTree)], ConsulRead.ToQuery(consistency), isIdempotent: true, cancellationToken);
        return result.Committed
            ? result.Results
            : throw new ConsulException($"Consul refused to read {string.Join(", ", result.Errors.Select(e => $"'{prefixes[e.OpIndex]}' ({e.What})"))}.");
    }

    private Task<TxnResult> SendAsync(
        IReadOnlyList<TxnOperation> operations, string? query, bool isIdempotent, CancellationToken cancellationToken)
    {
        if (operations.Count is 0 or > MaxOperations)
        {
            throw new ArgumentException(
                $"A transaction has 1 to {MaxOperations} operations; this one has {operations.Count}.", nameof(operations));
        }

        TxnOperationWire[] wire = [.. operations.Select(TxnOperationWire.Of)];
        return _transport.SendAsync(
            new ConsulRequest(HttpMethod.Put, "v1/txn", query)
            {
                Body = ConsulJson.Bytes(wire, ConsulJson.Default.TxnOperationWireArray),
                Accepts = HttpStatusCode.Conflict,
                IsIdempotent = isIdempotent,
            },
            ReadResultAsync,
            cancellationToken);
    }

    private static async ValueTask<TxnResult> ReadResultAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var reader = ConsulRead.Json(
            ConsulJson.Default.TxnResultWire,
            wire => new TxnResult(
                response.IsSuccessStatusCode,
                [.. (wire?.Results ?? []).Select(result => result.Kv).OfType<KvPair>()],
                ConsulRead.Freeze(wire?.Errors)));
        return await reader(response, cancellationToken);
    }
}
