using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Core.Spec;
using Spectre.Console;

namespace Nexus.Cli.Specs;

/// <summary>Problems of a document as compilers write them: <c>file:line:column: severity: key: message</c>.</summary>
internal static class SpecProblemLines
{
    private const string Error = "error";
    private const string Warning = "warning";

    public static void Write(IAnsiConsole console, string file, IEnumerable<SpecProblemView> problems)
    {
        foreach (var problem in problems)
        {
            var place = problem.Line > 0 ? $"{file}:{problem.Line}:{problem.Column}" : file;
            var key = problem.Key.Length > 0 ? $"{problem.Key}: " : "";
            var style = problem.Severity == Error ? Palette.Bad : Palette.Changing;
            console.Line($"{place}: ", new Piece(problem.Severity, style), $": {key}{ConsoleLines.Harmless(problem.Message)}");
        }
    }

    /// <summary><c>2 errors, 1 warning</c>; null when there are none.</summary>
    public static string? Count(IReadOnlyCollection<SpecProblemView> problems)
    {
        string?[] parts = [Count(problems, Error), Count(problems, Warning)];
        var text = string.Join(", ", parts.Where(p => p is not null));
        return text.Length > 0 ? text : null;
    }

    /// <summary>The core's problem in the API's form.</summary>
    public static SpecProblemView View(SpecProblem problem) => new(
        problem.Severity == SpecSeverity.Error ? Error : Warning, problem.Line, problem.Column, problem.Key, problem.Message);

    private static string? Count(IReadOnlyCollection<SpecProblemView> problems, string severity) =>
        problems.Count(p => p.Severity == severity) switch
        {
            0 => null,
            1 => $"1 {severity}",
            var n => $"{n} {severity}s",
        };
}
