namespace Nexus.Core.Routing;

/// <summary>Chooses among destinations.</summary>
public static class LeastRequests
{
    /// <summary>
    /// The candidate with the fewest requests in flight; among equals the first after <paramref name="turn"/>, so that equals
    /// take turns. Null when there is none but <paramref name="tried"/>.
    /// </summary>
    /// <param name="candidates">Who may be chosen.</param>
    /// <param name="inFlight">Requests in flight at one of them.</param>
    /// <param name="turn">Grows by one with every choice.</param>
    /// <param name="tried">Who must not be chosen again; null for nobody.</param>
    public static T? Choose<T>(IReadOnlyList<T> candidates, Func<T, int> inFlight, uint turn, T? tried)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(inFlight);
        var count = candidates.Count;
        T? best = null;
        var least = int.MaxValue;
        for (var i = 0; i < count; i++)
        {
            var candidate = candidates[(int)((turn + (uint)i) % (uint)count)];
            if (ReferenceEquals(candidate, tried))
            {
                continue;
            }

            var busy = inFlight(candidate);
            if (busy < least)
            {
                (best, least) = (candidate, busy);
            }
        }

        return best;
    }
}
