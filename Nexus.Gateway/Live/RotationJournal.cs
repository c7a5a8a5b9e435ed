using System.Collections.Immutable;
using Nexus.Core.Routing;
using Nexus.ServiceDefaults.Clocks;

namespace Nexus.Gateway.Live;

/// <summary>A change of whom requests are sent to.</summary>
/// <param name="At">When it came into force.</param>
/// <param name="Pool">Of which pool.</param>
/// <param name="Allocation">The replica.</param>
/// <param name="Attempt">Which life of it.</param>
/// <param name="Sends">Whether it gets requests from then on.</param>
/// <param name="Ejected">This gateway's own reason for sending none; null where the catalog or an agent said so.</param>
internal sealed record RotationChange(
    DateTimeOffset At, string Pool, string Allocation, int Attempt, bool Sends, EjectionReason? Ejected);

/// <summary>The last changes of whom requests are sent to, for people who ask why, and for what measures how soon.</summary>
internal sealed class RotationJournal(TimeProvider time)
{
    /// <summary>Changes that are kept.</summary>
    public const int Bound = 100;

    private readonly Lock _gate = new();
    private readonly Queue<RotationChange> _changes = new();

    /// <summary>The changes, oldest first.</summary>
    public ImmutableArray<RotationChange> Changes
    {
        get
        {
            lock (_gate)
            {
                return [.. _changes];
            }
        }
    }

    /// <summary>To be called when it has come into force.</summary>
    public void Note(string pool, IEnumerable<LiveDestination> before, IEnumerable<LiveDestination> now, Func<LiveDestination, EjectionReason?> why)
    {
        var at = time.GetWallNow();
        var had = before.ToHashSet();
        var has = now.ToHashSet();
        var changes = had.Except(has).Select(d => new RotationChange(at, pool, d.Allocation, d.Attempt, Sends: false, why(d)))
            .Concat(has.Except(had).Select(d => new RotationChange(at, pool, d.Allocation, d.Attempt, Sends: true, Ejected: null)));
        lock (_gate)
        {
            foreach (var change in changes)
            {
                _changes.Enqueue(change);
            }

            while (_changes.Count > Bound)
            {
                _changes.Dequeue();
            }
        }
    }
}
