using Nexus.Core.Ids;

namespace Nexus.Core.Reconcile;

/// <summary>Chooses which replicas go when some must.</summary>
internal static class Surplus
{
    /// <summary>
    /// The <paramref name="count"/> members that are missed least: not available, then of the revisions named last, then most
    /// crowded, then newest.
    /// </summary>
    public static List<Member> Choose(PoolView view, IReadOnlyCollection<Member> members, int count, PoolRevision? keepLongest = null)
    {
        if (count <= 0)
        {
            return [];
        }

        if (count >= members.Count)
        {
            return [.. members];
        }

        var onNode = members.GroupBy(m => m.Node).ToDictionary(g => g.Key, g => g.Count());
        var left = members.Select(m => new Candidate(m, view.IsAvailable(m), m.IsLeaving, m.Revision == keepLongest)).ToList();
        var chosen = new List<Member>(count);
        while (chosen.Count < count)
        {
            var next = left.Min(Comparer<Candidate>.Create((x, y) => Compare(x, y, onNode)))!;
            left.Remove(next);
            onNode[next.Member.Node]--;
            chosen.Add(next.Member);
        }

        return chosen;
    }

    private static int Compare(Candidate x, Candidate y, Dictionary<NodeName, int> onNode)
    {
        var order = x.IsAvailable.CompareTo(y.IsAvailable);
        order = order != 0 ? order : x.IsOfBase.CompareTo(y.IsOfBase);
        order = order != 0 ? order : y.IsLeaving.CompareTo(x.IsLeaving);
        order = order != 0 ? order : onNode[y.Member.Node].CompareTo(onNode[x.Member.Node]);
        order = order != 0 ? order : y.Member.Id.Value.Length.CompareTo(x.Member.Id.Value.Length);
        return order != 0 ? order : string.CompareOrdinal(y.Member.Id.Value, x.Member.Id.Value);
    }

    private sealed record Candidate(Member Member, bool IsAvailable, bool IsLeaving, bool IsOfBase);
}
