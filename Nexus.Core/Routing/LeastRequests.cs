using System.Collections.Immutable;

namespace Nexus.Core.Routing;

/// <summary>Someone who can be chosen to answer a request.</summary>
public interface ICandidate
{
    /// <summary>Requests under way there.</summary>
    int Busy { get; }

    /// <summary>How much of its full share it is given: below 1 while it is new.</summary>
    /// <param name="now">Timestamp of the choice.</param>
    double WarmthAt(long now);
}

/// <summary>The candidates of one revision.</summary>
/// <typeparam name="T">The candidates.</typeparam>
/// <param name="Percent">Their share of all requests together.</param>
/// <param name="Members">Who they are.</param>
public sealed record CandidateShare<T>(int Percent, ImmutableArray<T> Members)
    where T : class, ICandidate;

/// <summary>Chooses among candidates: first the revision by its share, then the new by theirs, then whoever has fewest requests.</summary>
public static class LeastRequests
{
    // Multiples of the golden ratio fall evenly into any interval, so shares are kept over few requests too.
    private const uint GoldenRatio = 2_654_435_769;

    /// <summary>
    /// The one to ask; null when there is none but <paramref name="tried"/>. Among the equally busy the first after
    /// <paramref name="turn"/>, so that equals take turns. A new one gets its small share whoever is busy, unless all are new.
    /// </summary>
    /// <param name="shares">The candidates by revision; one entry where revisions have no shares.</param>
    /// <param name="turn">Grows by one with every choice.</param>
    /// <param name="now">Timestamp of the choice.</param>
    /// <param name="tried">Who must not be chosen again; null for nobody.</param>
    public static T? Choose<T>(ImmutableArray<CandidateShare<T>> shares, uint turn, long now, List<T>? tried)
        where T : class, ICandidate
    {
        var point = (turn * GoldenRatio) / (double)(1L << 32);
        if (shares.Length == 1)
        {
            return ChooseWithin(shares[0].Members, turn, point, now, tried);
        }

        var total = 0;
        foreach (var share in shares)
        {
            total += CanAnswer(share, tried) ? share.Percent : 0;
        }

        var at = point * total;
        foreach (var share in shares)
        {
            if (!CanAnswer(share, tried))
            {
                continue;
            }

            if (at < share.Percent)
            {
                return ChooseWithin(share.Members, turn, at / share.Percent, now, tried);
            }

            at -= share.Percent;
        }

        return null;
    }

    private static T? ChooseWithin<T>(ImmutableArray<T> members, uint turn, double point, long now, List<T>? tried)
        where T : class, ICandidate
    {
        var (warm, all) = (0u, 0u);
        var cold = 0.0;
        foreach (var member in members)
        {
            if (!IsTried(member, tried))
            {
                var warmth = member.WarmthAt(now);
                all++;
                warm += warmth >= 1 ? 1u : 0;
                cold += warmth >= 1 ? 0 : warmth;
            }
        }

        if (warm == 0 || cold <= 0)
        {
            return all == 0 ? null : LeastBusy(members, turn, now, tried, includesCold: true, all);
        }

        var at = point * (warm + cold);
        foreach (var member in members)
        {
            if (!IsTried(member, tried) && member.WarmthAt(now) is var warmth and < 1)
            {
                if (at < warmth)
                {
                    return member;
                }

                at -= warmth;
            }
        }

        return LeastBusy(members, turn, now, tried, includesCold: false, warm);
    }

    // Turns go round those that are eligible, so that nobody inherits the turns of who is not.
    private static T? LeastBusy<T>(
        ImmutableArray<T> members, uint turn, long now, List<T>? tried, bool includesCold, uint eligible)
        where T : class, ICandidate
    {
        T? best = null;
        var (least, rank) = (int.MaxValue, uint.MaxValue);
        var position = 0u;
        foreach (var member in members)
        {
            if (IsTried(member, tried) || (!includesCold && member.WarmthAt(now) < 1))
            {
                continue;
            }

            var (busy, after) = (member.Busy, (position + eligible - (turn % eligible)) % eligible);
            position++;
            if (busy < least || (busy == least && after < rank))
            {
                (best, least, rank) = (member, busy, after);
            }
        }

        return best;
    }

    private static bool CanAnswer<T>(CandidateShare<T> share, List<T>? tried)
        where T : class, ICandidate
    {
        if (share.Percent <= 0)
        {
            return false;
        }

        foreach (var member in share.Members)
        {
            if (!IsTried(member, tried))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsTried<T>(T member, List<T>? tried)
        where T : class
    {
        if (tried is not null)
        {
            foreach (var one in tried)
            {
                if (ReferenceEquals(one, member))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
