using System.Collections.Immutable;

namespace Nexus.Core.Spec.Sections;

/// <summary>Gathers the problems of one reading. Owned by that reading.</summary>
/// <param name="isBounded">Whether a hundred are enough: they are of a document that people mend. A list of losses has no bound.</param>
internal sealed class ProblemList(bool isBounded = true)
{
    private const int MaxKept = 1000;
    private const int MaxShown = 100;
    private readonly List<SpecProblem> _problems = [];
    private readonly HashSet<SpecProblem> _known = [];

    public bool HasErrors { get; private set; }

    public void Add(SpecProblem problem)
    {
        HasErrors |= problem.Severity == SpecSeverity.Error;
        if ((!isBounded || _problems.Count < MaxKept) && _known.Add(problem))
        {
            _problems.Add(problem);
        }
    }

    /// <summary>Whether an error was found at <paramref name="key"/> or below it.</summary>
    public bool HasErrorAt(string key) => _problems.Exists(problem =>
        problem.Severity == SpecSeverity.Error
        && problem.Key.StartsWith(key, StringComparison.Ordinal)
        && (problem.Key.Length == key.Length || key.Length == 0 || problem.Key[key.Length] is '.' or '['));

    /// <summary>In order of position; errors are never cut in favour of warnings.</summary>
    public ImmutableArray<SpecProblem> ToImmutable()
    {
        if (!isBounded)
        {
            return [.. _problems.OrderBy(File).ThenBy(Line).ThenBy(Column)];
        }

        var shown = _problems.OrderBy(problem => problem.Severity).ThenBy(File).ThenBy(Line).ThenBy(Column).Take(MaxShown)
            .OrderBy(File).ThenBy(Line).ThenBy(Column).ToList();
        var last = shown.LastOrDefault();
        if (_problems.Count > MaxShown)
        {
            var rest = $"{_problems.Count - MaxShown}{(_problems.Count == MaxKept ? " or more" : "")} further problems are not shown";
            shown.Add(last! with { Key = "", Message = rest });
        }

        return [.. shown];

        static string? File(SpecProblem problem) => problem.File;
        static int Line(SpecProblem problem) => problem.Line;
        static int Column(SpecProblem problem) => problem.Column;
    }
}
