using System.Collections.Immutable;

namespace Nexus.Core.Spec.Sections;

/// <summary>Gathers what one reading finds. Owned by that reading.</summary>
internal sealed class ProblemList
{
    private const int MaxKept = 1000;
    private const int MaxShown = 100;
    private readonly List<SpecProblem> _problems = [];

    public bool HasErrors { get; private set; }

    public void Add(SpecProblem problem)
    {
        HasErrors |= problem.Severity == SpecSeverity.Error;
        if (_problems.Count < MaxKept && !_problems.Contains(problem))
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
