using System.Collections.Immutable;
using Nexus.Core.Spec;

namespace Nexus.Manifests.ComposeImport;

/// <summary>A compose file and what it refers to. Nothing is opened here: who calls knows where files and variables are.</summary>
/// <param name="Text">The file's text.</param>
/// <param name="FileName">How problems name it.</param>
/// <param name="Directory">Absolute path of the folder it lies in, where its relative paths start.</param>
/// <param name="Variable">Value of a variable that <c>${NAME}</c> asks for; null where it is not set.</param>
/// <param name="ReadFile">Text of a file that <c>env_file</c> names, by its absolute path; null where it cannot be read.</param>
public sealed record ComposeSource(
    string Text, string FileName, string Directory, Func<string, string?> Variable, Func<string, string?> ReadFile)
{
    /// <summary>Files that override this one, the later ones over the earlier.</summary>
    public ImmutableArray<ComposeText> Overrides { get; init; } = [];

    /// <summary>Name of the project, where whoever calls was given one.</summary>
    public string? ProjectName { get; init; }

    /// <summary>The project's folder, where whoever calls was given one; for commands that are shown.</summary>
    public string? ProjectDirectory { get; init; }

    /// <summary>The files of variables in place of <c>.env</c>, as they were given; for commands that are shown.</summary>
    public ImmutableArray<string> EnvironmentFiles { get; init; } = [];

    /// <summary>What was found on the way to the file, as in the files of variables; an error keeps it from being imported.</summary>
    public ImmutableArray<SpecProblem> Found { get; init; } = [];

    /// <summary>The profiles whose services are imported; <c>*</c> stands for all.</summary>
    public ImmutableArray<string> Profiles { get; init; } = [];
}

/// <summary>A compose file's text, and how problems name it.</summary>
public sealed record ComposeText(string FileName, string Text);

/// <summary>What came of reading a compose file.</summary>
/// <param name="Yaml">A <c>nexus.yaml</c> that loads without an error; null if there is any.</param>
/// <param name="Problems">What is wrong, and what could not be carried over, in order of position in the compose file.</param>
public sealed record ComposeImported(string? Yaml, ImmutableArray<SpecProblem> Problems);
