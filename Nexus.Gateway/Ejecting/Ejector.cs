using System.Threading.Channels;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Gateway.Live;
using Nexus.Gateway.Observability;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Ejecting;

/// <summary>
/// Takes destinations out of use by the gateway's own evidence, at the first failure, and lets them back. Consul's word goes
/// before it: see <see cref="Forgive"/>. The rules are those of <see cref="Ejection"/>.
/// </summary>
internal sealed partial class Ejector(
    EjectionBook book, LivePools pools, GatewayTelemetry telemetry, TimeProvider time, ILogger<Ejector> logger)
    : IRoutingUpdates, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ITimer> _timers = new(StringComparer.Ordinal);
    private readonly Channel<EjectionEntry> _suspects =
        Channel.CreateBounded<EjectionEntry>(new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>First ejections over a connection that broke, or was not made in time: the replica may well be alive (and this
    /// machine busy), and is worth a look at once.</summary>
    public ChannelReader<EjectionEntry> Suspects => _suspects.Reader;

    /// <summary>Takes in how a request went. Costs nothing while all is well.</summary>
    /// <param name="destination">Who was asked.</param>
    /// <param name="outcome">How it went.</param>
    /// <param name="isBadAnswer">Whether the answer was a 502, 503 or 504 of the replica itself.</param>
    /// <param name="started">When it began: what began before an ejection says nothing about after it.</param>
    public void Heard(LiveDestination destination, AttemptOutcome outcome, bool isBadAnswer, long started)
    {
        if ((destination.Streaks.Count(outcome, isBadAnswer) ?? RetryRules.Ejects(outcome)) is { } reason)
        {
            if (ReferenceEquals(destination.Pool.Find(destination.Allocation), destination)) // Else that life of it is over anyway.
            {
                Fail(destination.Pool.Name, destination.Allocation, destination.Life, reason, started);
            }
        }
        else if (outcome == AttemptOutcome.Answered && !isBadAnswer && !book.IsEmpty)
        {
            Succeed(destination.Allocation, started);
        }
    }

    public bool Eject(AllocationId allocation)
    {
        if (pools.FindAllocation(allocation.Value) is not { } destination)
        {
            return false;
        }

        Fail(destination.Pool.Name, allocation.Value, destination.Life, EjectionReason.Gone, time.GetTimestamp());
        return true;
    }

    /// <summary>A request or probe that began at <paramref name="started"/> failed.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="allocation">The replica.</param>
    /// <param name="life">Which life of it.</param>
    /// <param name="reason">Why.</param>
    /// <param name="started">When it began.</param>
    /// <param name="duration">How long it stays out; null for the usual back-off.</param>
    public void Fail(string pool, string allocation, string life, EjectionReason reason, long started, TimeSpan? duration = null)
    {
        EjectionEntry entry;
        lock (_gate)
        {
            // What is held against an earlier life says nothing of this one.
            var before = book.Find(allocation) is { } held && held.Life == life ? held : null;
            var standing = (before?.Standing ?? default).After(EjectionEvent.Failed);
            if (before is not null && (before.Standing == standing || started < before.At))
            {
                return;
            }

            entry = new EjectionEntry(pool, allocation, life, standing, reason, time.GetTimestamp())
            {
                Since = time.GetUtcNow(),
                Duration = duration ?? standing.Delay,
            };
            book.Write(entry);
            Arm(entry);
        }

        pools.Find(pool)?.Refresh();
        telemetry.Ejected(pool, reason);
        if (reason is EjectionReason.Gone or EjectionReason.TimedOut or EjectionReason.ProbeFailed)
        {
            BreakOff(entry);
        }

        LogEjected(allocation, reason, entry.Duration.TotalSeconds);
        if (reason is EjectionReason.ConnectionLost or EjectionReason.ConnectFailed && entry.Standing.Failures == 1)
        {
            _suspects.Writer.TryWrite(entry);
        }
    }

    /// <summary>Has what waits at an ejected destination asked elsewhere. Not after a mere broken connection, since a request that
    /// breaks every connection would so take all others along; then the second look decides.</summary>
    public void BreakOff(EjectionEntry ejection)
    {
        if (pools.Find(ejection.Pool)?.Find(ejection.Allocation) is { } destination
            && destination.Life == ejection.Life
            && destination.Pool.HasAnotherThan(destination))
        {
            destination.BreakOff();
        }
    }

    /// <summary>A request or probe that began at <paramref name="started"/> succeeded. That alone says nothing of an error rate.</summary>
    public void Succeed(string allocation, long started) =>
        Move(allocation, EjectionEvent.Succeeded, entry => started > entry.At && entry.Reason != EjectionReason.Outlier);

    /// <summary>The time of one ejection is over.</summary>
    public void GiveAnotherChance(EjectionEntry ejection)
    {
        if (ejection.Reason != EjectionReason.Outlier)
        {
            Move(ejection.Allocation, EjectionEvent.DelayPassed, entry => ReferenceEquals(entry, ejection));
            return;
        }

        // Its next requests are compared with the others' again, from zero, and it gets few at first.
        if (pools.Find(ejection.Pool)?.Find(ejection.Allocation) is { } destination && destination.Life == ejection.Life)
        {
            destination.Traffic.Clear();
            destination.Outlier.Readmitted(time);
            destination.NewSince = time.GetTimestamp();
        }

        Move(ejection.Allocation, EjectionEvent.Announced, entry => ReferenceEquals(entry, ejection));
    }

    /// <summary>Drops what is held against destinations about which the catalog knows better: out of rotation, living anew, or
    /// fresh from checks that had been away. To be called once the pools follow <paramref name="next"/>: before, those that are gone would get
    /// requests again.</summary>
    public void Forgive(RoutingSnapshot next)
    {
        foreach (var held in book.All)
        {
            var pool = next.Pools.FirstOrDefault(p => p.Name.Value == held.Pool);
            var now = pool?.Destinations.FirstOrDefault(d => d.Id.Value == held.Allocation);
            if (now is not { Rotation: Rotation.In }
                || LiveDestination.LifeOf(now) != held.Life
                || (held.Reason == EjectionReason.ProbeFailed && pool!.Trust == PoolTrust.Current && !now.IsDoubted))
            {
                Move(held.Allocation, EjectionEvent.Announced, entry => ReferenceEquals(entry, held));
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var timer in _timers.Values)
            {
                timer.Dispose();
            }

            _timers.Clear();
        }
    }

    private void Move(string allocation, EjectionEvent @event, Func<EjectionEntry, bool> holds)
    {
        EjectionEntry? before;
        Ejection standing;
        lock (_gate)
        {
            before = book.Find(allocation);
            if (before is null || !holds(before) || (standing = before.Standing.After(@event)) == before.Standing)
            {
                return;
            }

            Disarm(allocation);
            if (standing == default)
            {
                book.Strike(allocation);
            }
            else
            {
                book.Write(before with { Standing = standing });
            }
        }

        if (before.Standing.Phase == EjectionPhase.Ejected)
        {
            pools.Find(before.Pool)?.Refresh();
            LogReadmitted(allocation, @event, time.GetElapsedTime(before.At).TotalMilliseconds);
        }
    }

    private void Arm(EjectionEntry entry)
    {
        Disarm(entry.Allocation);
        _timers[entry.Allocation] = time.CreateTimer(
            _ => GiveAnotherChance(entry), state: null, entry.Duration, Timeout.InfiniteTimeSpan);
    }

    private void Disarm(string allocation)
    {
        if (_timers.Remove(allocation, out var timer))
        {
            timer.Dispose();
        }
    }

    [LoggerMessage(6010, LogLevel.Warning, "Ejected {Allocation}: {Reason}; asked again in {Seconds} s at the latest")]
    private partial void LogEjected(string allocation, EjectionReason reason, double seconds);

    [LoggerMessage(6011, LogLevel.Information, "Readmitted {Allocation} after {Milliseconds} ms: {Event}")]
    private partial void LogReadmitted(string allocation, EjectionEvent @event, double milliseconds);
}
