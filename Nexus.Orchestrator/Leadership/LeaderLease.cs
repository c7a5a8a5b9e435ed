using Microsoft.Extensions.Options;

namespace Nexus.Orchestrator.Leadership;

/// <summary>What a leader shows with every write.</summary>
/// <param name="Session">Session that holds <c>nexus/leader</c>; Consul refuses the write when it does not any more.</param>
/// <param name="Epoch">LockIndex of the key: grows with every change of leader; agents refuse lower ones.</param>
internal sealed record LeaderToken(string Session, ulong Epoch);

/// <summary>
/// Whether this manager may act as leader now. Answers from the monotonic clock alone: without a renewal it says no at
/// 0.8 of the lease, before Consul can give the lock to another.
/// </summary>
internal sealed class LeaderLease(IOptions<OrchestratorOptions> options, TimeProvider time)
{
    private long _renewedAt;
    private LeaderToken? _token;

    /// <summary>The token while leading, else null.</summary>
    public LeaderToken? Current =>
        Volatile.Read(ref _token) is { } token
        && time.GetElapsedTime(Volatile.Read(ref _renewedAt)) < options.Value.LeaseTtl * 0.8
            ? token
            : null;

    /// <summary>The check behind the session was renewed at <paramref name="timestamp"/> (taken before the call went out).</summary>
    public void Renewed(long timestamp) => Volatile.Write(ref _renewedAt, timestamp);

    public void Take(LeaderToken token) => Volatile.Write(ref _token, token);

    public void Drop() => Volatile.Write(ref _token, null);
}
