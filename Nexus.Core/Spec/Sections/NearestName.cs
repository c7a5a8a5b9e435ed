namespace Nexus.Core.Spec.Sections;

/// <summary>Finds what a mistyped name was meant to be.</summary>
public static class NearestName
{
    private const int LongestCompared = 64;

    /// <summary>The nearest of <paramref name="known"/>, or null if none is near enough to be meant.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(known);
        var typed = name.ToLowerInvariant().Replace('-', '_');
        if (typed.Length is 0 or > LongestCompared)
        {
            return null;
        }

        return known
            .Select(candidate => (candidate, distance: Distance(typed, candidate.ToLowerInvariant().Replace('-', '_'))))
            .Where(pair => pair.distance <= Math.Max(1, Math.Min(typed.Length, pair.candidate.Length) / 3)
                && pair.distance < Math.Max(2, pair.candidate.Length))
            .OrderBy(pair => pair.distance)
            .ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Select(pair => pair.candidate)
            .FirstOrDefault();
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).</summary>
    internal static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                rows[i, j] = i == 0 || j == 0 ? i + j : Cheapest(i, j);
            }
        }

        return rows[a.Length, b.Length];

        int Cheapest(int i, int j)
        {
            var replaced = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            var best = Math.Min(replaced, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
            return i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]
                ? Math.Min(best, rows[i - 2, j - 2] + 1)
                : best;
        }
    }
}
