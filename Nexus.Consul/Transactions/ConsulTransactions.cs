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
        if (operations.Count is 0 or > MaxOperations)
        {
            throw new ArgumentException(
                $"A transaction has 1 to {MaxOperations} operations; this one has {operations.Count}.", nameof(operations));
        }

        TxnOperationWire[] wire = [.. operations.Select(TxnOperationWire.Of)];
        return _transport.SendAsync(
            new ConsulRequest(HttpMethod.Put, "v1/txn")
            {
                Body = ConsulJson.Bytes(wire, ConsulJson.Default.TxnOperationWireArray),
                Accepts = HttpStatusCode.Conflict,
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
