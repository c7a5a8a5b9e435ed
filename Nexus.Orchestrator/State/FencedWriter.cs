using System.Collections.Immutable;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Orchestrator.Leadership;

namespace Nexus.Orchestrator.State;

/// <summary>One operation with the size of what it carries.</summary>
internal readonly record struct FencedWrite(TxnOperation Operation, int Bytes);

/// <summary>
/// A leader's transactions. Each holds two fences beside the CAS of its own keys: the leader's session must hold the lock, so
/// a deposed leader writes nothing; and no commit may have been made since the state was read, so neither does a transaction
/// that was given up as lost and arrives late.
/// </summary>
internal sealed partial class FencedWriter(ConsulClient consul, ILogger<FencedWriter> logger)
{
    /// <summary>
    /// Largest record. Consul takes 512 KiB a transaction, in which a value is base64; what is left is for the fences, the key and what
    /// is stamped onto a record when it is written.
    /// </summary>
    public const int MaxRecordBytes = 376 * 1024;

    private const int MaxBytes = 300 * 1024;
    private const int MaxWrites = ConsulTransactions.MaxOperations - 2;

    /// <summary>
    /// Writes in the order given, as much as fits into one transaction at a time. False when Consul refused; what was
    /// written before the refusal stands, and the next pass sees it.
    /// </summary>
    public async Task<bool> TryWriteAsync(
        IReadOnlyList<FencedWrite> writes, ulong commitIndex, LeaderToken token, CancellationToken cancellationToken)
    {
        foreach (var batch in Split(writes))
        {
            var mark = StateJson.Write(new LeaderCommit(token.Epoch, commitIndex), StateJson.Default.LeaderCommit);
            var result = await consul.Transactions.ExecuteAsync(
                [
                    TxnOperation.CheckSession(StateKeys.Leader, token.Session),
                    TxnOperation.CompareAndSet(StateKeys.Commits, mark, commitIndex),
                    .. batch,
                ],
                cancellationToken);
            if (!result.Committed)
            {
                LogRefused(token.Epoch, string.Join("; ", result.Errors.Select(e => e.What)));
                return false;
            }

            commitIndex = result.Results.First(p => p.Key == StateKeys.Commits).ModifyIndex;
        }

        return true;
    }

    private static IEnumerable<ImmutableArray<TxnOperation>> Split(IReadOnlyList<FencedWrite> writes)
    {
        var batch = ImmutableArray.CreateBuilder<TxnOperation>();
        var bytes = 0;
        foreach (var write in writes)
        {
            if (batch.Count == MaxWrites || (batch.Count > 0 && bytes + write.Bytes > MaxBytes))
            {
                yield return batch.ToImmutable();
                batch.Clear();
                bytes = 0;
            }

            batch.Add(write.Operation);
            bytes += write.Bytes;
        }

        if (batch.Count > 0)
        {
            yield return batch.ToImmutable();
        }
    }

    [LoggerMessage(4030, LogLevel.Warning, "A write under epoch {Epoch} was refused, the next pass plans again: {Reason}")]
    private partial void LogRefused(ulong epoch, string reason);
}
