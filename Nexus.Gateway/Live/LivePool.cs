using System.Collections.Immutable;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Gateway.Ejecting;

namespace Nexus.Gateway.Live;

/// <summary>A pool as requests see it: whom to ask, changed as a whole and read without a lock.</summary>
internal sealed class LivePool(string name, EjectionBook ejections, RotationJournal journal, Action quiet, TimeProvider time)
{
    // What a new one is given in its first moment.
    private const double FirstShare = 0.1;

    private readonly Lock _gate = new();
    private long _failures;
    private volatile ImmutableSortedDictionary<string, RevisionStats> _revisions = ImmutableSortedDictionary<string, RevisionStats>.Empty;
    private volatile State _state = new([], [], [], TimeSpan.Zero, new RetrySpec());

    public string Name => name;

    public TimeProvider Time => time;

    /// <summary>Attempts so far that failed or were answered with a 5xx.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Requests and retries under way.</summary>
    public RetryBudget Budget { get; } = new(time);

    /// <summary>How revisions fare, by revision; empty unless several are in rotation.</summary>
    public ImmutableSortedDictionary<string, RevisionStats> Revisions => _revisions;

    /// <summary>Everyone known, in rotation or not.</summary>
    public ImmutableArray<LiveDestination> All => _state.All;

    /// <summary>Who may be asked now, by share.</summary>
    public ImmutableArray<CandidateShare<LiveDestination>> Candidates => _state.Candidates;

    /// <summary>How many of those in rotation are ejected, whether they are asked for want of others or not.</summary>
    public int EjectedCount => ejections.IsEmpty
        ? 0
        : _state.InRotation.Sum(share => share.Members.Count(member => ReasonFor(member) is not null));

    /// <summary>How failed attempts are repeated.</summary>
    public RetrySpec Retry => _state.Retry;

    public LiveDestination? Find(string allocation) => All.FirstOrDefault(d => d.Allocation == allocation);

    public void SaysQuiet() => quiet();

    public void CountFailure() => Interlocked.Increment(ref _failures);

    public double WarmthAfter(long since, long now)
    {
        var slowStart = _state.SlowStart;
        return slowStart <= TimeSpan.Zero
            ? 1
            : Math.Min(1, FirstShare + ((1 - FirstShare) * (time.GetElapsedTime(since, now) / slowStart)));
    }

    /// <summary>Whether anyone but <paramref name="destination"/> could be asked in its place.</summary>
    public bool HasAnotherThan(LiveDestination destination) =>
        Candidates.Any(share => share.Members.Any(member => !ReferenceEquals(member, destination)));

    /// <summary>Puts a routing into force: first who may be asked, and then who may not, so that nobody looks in vain between.</summary>
    /// <param name="routing">What shall hold.</param>
    /// <param name="slowStart">Over how long the share of the new grows.</param>
    /// <param name="retry">How failed attempts are repeated.</param>
    /// <param name="isFirst">Whether this gateway knew nothing before, so that nobody counts as new.</param>
    /// <param name="nodes">Evidence of nodes by name.</param>
    /// <returns>Those whose time here is over, for what waits there to be asked elsewhere.</returns>
    public List<LiveDestination> Apply(
        PoolRouting routing, TimeSpan slowStart, RetrySpec retry, bool isFirst, Func<Destination, NodeEvidence?> nodes)
    {
        lock (_gate)
        {
            var before = _state.All;
            var pairs = routing.Destinations.Select(d => (Known: d, Live: Keep(before, d, nodes))).ToList();
            var taking = pairs.Where(pair => routing.TakesRequests(pair.Known)).ToList();
            foreach (var (known, live) in taking.Where(pair => !pair.Live.TakesRequests))
            {
                live.NewSince = isFirst || known.IsDoubted ? null : time.GetTimestamp();
                live.SetTakesRequests(true);
            }

            var shares = taking.GroupBy(pair => routing.WeightOf(pair.Known.Revision) is { } percent ? (pair.Known.Revision, percent) : (null, 100))
                .Select(group => new CandidateShare<LiveDestination>(group.Key.Item2, [.. group.Select(pair => pair.Live)]))
                .ToImmutableArray();
            Put(new State([.. pairs.Select(pair => pair.Live)], shares, Trusted(shares), slowStart, retry));

            CompareRevisions(pairs);
            var kept = taking.Select(pair => pair.Live).ToHashSet();
            foreach (var live in before.Where(live => !kept.Contains(live)))
            {
                live.SetTakesRequests(false);
            }

            var alive = pairs.Where(pair => pair.Known.Rotation is Rotation.In or Rotation.Maintenance).Select(pair => pair.Live).ToHashSet();
            return [.. before.Where(live => !alive.Contains(live))];
        }
    }

    /// <summary>Takes nobody any more; to be called when no route leads here.</summary>
    public List<LiveDestination> Close() =>
        Apply(new PoolRouting(new(name), PoolTrust.Current, [], null), TimeSpan.Zero, Retry, isFirst: false, _ => null);

    /// <summary>Looks again who is trusted; to be called when an ejection changed.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            Put(_state with { Candidates = Trusted(_state.InRotation) });
        }
    }

    private void Put(State next)
    {
        var before = _state;
        _state = next;
        journal.Note(name, MembersOf(before), MembersOf(next), ReasonFor);
    }

    private static IEnumerable<LiveDestination> MembersOf(State state) => state.Candidates.SelectMany(share => share.Members);

    // Only while there is something to compare: else nobody counts, and nobody asks.
    private void CompareRevisions(List<(Destination Known, LiveDestination Live)> pairs)
    {
        var revisions = pairs.Where(pair => pair.Known is { Rotation: Rotation.In, Revision: not null })
            .Select(pair => pair.Known.Revision!.Value).ToHashSet();
        var before = _revisions;
        _revisions = revisions.Count < 2
            ? ImmutableSortedDictionary<string, RevisionStats>.Empty
            : revisions.ToImmutableSortedDictionary(
                r => r.Value, r => before.GetValueOrDefault(r.Value) ?? new RevisionStats(time), StringComparer.Ordinal);
        foreach (var (known, live) in pairs)
        {
            live.Stats = known.Revision is { } revision ? _revisions.GetValueOrDefault(revision.Value) : null;
        }
    }

    private ImmutableArray<CandidateShare<LiveDestination>> Trusted(ImmutableArray<CandidateShare<LiveDestination>> inRotation)
    {
        if (ejections.IsEmpty)
        {
            return inRotation;
        }

        var trusted = EjectionLimits.Trusted([.. inRotation.SelectMany(share => share.Members)], ReasonFor).ToHashSet();
        return
        [
            .. inRotation
                .Select(share => share with { Members = [.. share.Members.Where(trusted.Contains)] })
                .Where(share => !share.Members.IsEmpty),
        ];
    }

    private EjectionReason? ReasonFor(LiveDestination destination) =>
        ejections.Find(destination.Allocation) is { Standing.Phase: EjectionPhase.Ejected } entry && entry.Life == destination.Life
            ? entry.Reason
            : null;

    private LiveDestination Keep(ImmutableArray<LiveDestination> before, Destination destination, Func<Destination, NodeEvidence?> nodes)
    {
        var life = LiveDestination.LifeOf(destination);
        return before.FirstOrDefault(d => d.Allocation == destination.Id.Value && d.Life == life && d.Protocol == destination.Protocol)
            ?? new LiveDestination(this, destination, life, nodes(destination));
    }

    private sealed record State(
        ImmutableArray<LiveDestination> All,
        ImmutableArray<CandidateShare<LiveDestination>> InRotation,
        ImmutableArray<CandidateShare<LiveDestination>> Candidates,
        TimeSpan SlowStart,
        RetrySpec Retry);
}
