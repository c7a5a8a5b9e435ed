using System.Collections.Immutable;
using Nexus.Core.Spec;

namespace Nexus.Manifests.ComposeImport;

/// <summary>A file of variables.</summary>
/// <param name="Name">How problems name it.</param>
/// <param name="Text">Its text.</param>
public sealed record VariablesFile(string Name, string Text);

/// <summary>The variables that a compose file may use: those of the process, and where it has none those of the <c>.env</c> files.</summary>
public sealed class ProjectVariables
{
    private readonly Func<string, string?> _process;
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);

    private ProjectVariables(Func<string, string?> process) => _process = process;

    /// <summary>What is wrong with the files, each with file and line.</summary>
    public ImmutableArray<SpecProblem> Problems { get; private set; } = [];

    /// <summary>Reads the files; a later one has precedence.</summary>
    /// <param name="process">Value of a variable of the process; null where it is not set.</param>
    /// <param name="files">The files.</param>
    public static ProjectVariables Read(Func<string, string?> process, IEnumerable<VariablesFile> files)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(files);
        var variables = new ProjectVariables(process);
        var problems = ImmutableArray.CreateBuilder<SpecProblem>();
        foreach (var file in files)
        {
            problems.AddRange(DotEnvReader.Read(file.Text, process, variables._files).Problems
                .Select(problem => new SpecProblem(problem.Severity, 0, 0, "", $"{file.Name}:{problem.Line}: {problem.Message}")));
        }

        variables.Problems = problems.ToImmutable();
        return variables;
    }

    /// <summary>Value of a variable; null where it is not set.</summary>
    public string? Find(string name) => _process(name) ?? _files.GetValueOrDefault(name);
}
