using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Nexus.ServiceDefaults.Loops;

/// <summary>
/// The loops that this process must keep turning. The live health check and systemd's watchdog both read it: when a loop
/// hangs the process is restarted from outside. Time is monotonic, so a clock that is set does not kill anything.
/// </summary>
public sealed class LoopHeartbeats(TimeProvider time)
{
    private readonly ConcurrentDictionary<Heartbeat, byte> _loops = new();

    /// <summary>Registers a loop, as having beaten just now.</summary>
    /// <param name="name">The loop's name.</param>
    /// <param name="limit">The longest silence of a healthy loop: its interval plus its longest wait on anything.</param>
    public ILoopHeartbeat Register(string name, TimeSpan limit)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        var heartbeat = new Heartbeat(this, name, limit);
        _loops.TryAdd(heartbeat, 0);
        return heartbeat;
    }

    /// <summary>The loops past their limit, by name; empty when all is well or none is registered.</summary>
    public ImmutableArray<StaleLoop> FindStale() =>
    [
        .. _loops.Keys
            .Select(loop => new StaleLoop(loop.Name, loop.Silence, loop.Limit))
            .Where(loop => loop.Silence > loop.Limit)
            .OrderBy(loop => loop.Name, StringComparer.Ordinal),
    ];

    /// <summary>The number of loops registered now.</summary>
    public int Count => _loops.Count;

    private sealed class Heartbeat(LoopHeartbeats owner, string name, TimeSpan limit) : ILoopHeartbeat
    {
        private readonly TimeProvider _time = owner.Time;
        private long _last = owner.Time.GetTimestamp();

        public string Name => name;

        public TimeSpan Limit => limit;

        public TimeSpan Silence => _time.GetElapsedTime(Volatile.Read(ref _last));

        public void Beat() => Volatile.Write(ref _last, _time.GetTimestamp());

        public void Dispose() => owner._loops.TryRemove(this, out _);
    }

    private TimeProvider Time => time;
}
