using Microsoft.Extensions.Options;

namespace Nexus.Orchestrator.Leadership;

/// <summary>What a leader shows with every write.</summary>
/// <param name="Session">Session that holds <c>nexus/leader</c>; Consul refuses the write when it does not any more.</param>
/// <param name="Epoch">LockIndex of the key: grows with every change of leader; agents refuse lower ones.</param>
internal sealed record LeaderToken(string Session, ulong Epoch);

/// <summary>
/// Whether this manager may act as leader now. Answers from the monotonic clock alone: without a renewal it says no at
/// 0.8 of the lease, before Consul can give the lock to another. That clock goes on while the process is stopped; not while
/// the machine sleeps, so there the fences of every write are what holds. A lease that lapsed is not revived by a later
/// renewal: whoever held it has to ask Consul whether the lock is still there, and take it anew.
/// </summary>
internal sealed class LeaderLease(IOptions<OrchestratorOptions> options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long _renewedAt;
    private Held? _held;

    private sealed record Held(LeaderToken Token, Action Lapsed);

    /// <summary>The token while leading, else null.</summary>
    public LeaderToken? Current
    {
        get
        {
            lock (_lock)
            {
                return IsFresh(time.GetTimestamp()) ? _held?.Token : null;
            }
        }
    }

    /// <summary>The check behind the session was renewed at <paramref name="timestamp"/> (taken before the call went out).</summary>
    public void Renewed(long timestamp)
    {
        Held? lapsed = null;
        lock (_lock)
        {
            if (!IsFresh(timestamp))
            {
                (lapsed, _held) = (_held, null);
            }

            _renewedAt = Math.Max(_renewedAt, timestamp);
        }

        lapsed?.Lapsed();
    }

    /// <summary>Begins to lead.</summary>
    /// <param name="token">Read from Consul after the lock was taken.</param>
    /// <param name="lapsed">Called, at most once, when a renewal came too late.</param>
    public void Take(LeaderToken token, Action lapsed)
    {
        lock (_lock)
        {
            _held = new Held(token, lapsed);
        }
    }

    /// <summary>Ends leading.</summary>
    public void Drop()
    {
        lock (_lock)
        {
            _held = null;
        }
    }

    private bool IsFresh(long at) => time.GetElapsedTime(_renewedAt, at) < options.Value.LeaseTtl * 0.8;
}
