using Nexus.Core.Spec;

namespace Nexus.Cli.Specs;

/// <summary>Folds warnings that many services or pools share, so that people read each once. Nothing is left out.</summary>
internal static class RepeatedProblems
{
    private static readonly string[] Sections = ["services", "worker_pools"];

    public static IEnumerable<SpecProblem> Fold(IEnumerable<SpecProblem> problems) => problems
        .GroupBy(problem => problem.Severity == SpecSeverity.Warning ? problem with { Line = 0, Column = 0, Key = "" } : problem)
        .Select(same => same.ToList())
        .Select(same => same is [var one] ? one : same[0] with { Message = $"{same[0].Message} ({Places(same)})" });

    // services.a.user, services.b.user: 2 services: a, b.
    private static string Places(List<SpecProblem> same)
    {
        var parts = same.ConvertAll(problem => problem.Key.Split('.', 3));
        var isOneKey = parts.TrueForAll(key => key.Length > 1 && Sections.Contains(key[0])) && parts.Select(Below).Distinct(StringComparer.Ordinal).Count() == 1;
        var names = (isOneKey ? parts.Select(key => key[1]) : same.Select(problem => problem.Key)).Distinct(StringComparer.Ordinal).ToList();
        return isOneKey && names.Count > 1
            ? $"{names.Count} {(parts[0][0] == "services" ? "services" : "pools")}: {string.Join(", ", names)}"
            : $"{same.Count} places: {string.Join(", ", same.Select(problem => problem.Key))}";
    }

    // Without the numbers of items, which differ by chance.
    private static string Below(string[] key) => key.Length == 3 ? string.Concat(key[2].Where(c => !char.IsAsciiDigit(c))) : "";
}
