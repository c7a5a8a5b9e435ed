using System.Collections.Immutable;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>The project that Compose makes of a file: its name is in front of the names of volumes, networks, containers and images.</summary>
/// <param name="Name">The name, as Compose normalises it.</param>
/// <param name="At">Where it was given; null where it is the folder's.</param>
internal sealed record ComposeProject(string Name, SpecCursor? At)
{
    /// <summary>The variable that names a project, and that a file may use for its name.</summary>
    public const string Variable = "COMPOSE_PROJECT_NAME";

    private const string Flag = "--project-name";
    private const string Allowed = "allowed are lower-case letters, digits, - and _, the first a letter or a digit";

    /// <summary>
    /// The project of a file: by the flag, else by <see cref="Variable"/>, else by the file's <c>name</c>, else by the folder. A name that Compose
    /// refuses is an error, for its volumes cannot be told.
    /// </summary>
    /// <param name="files">The documents of the files; the last <c>name</c> of them is used.</param>
    /// <param name="source">What it was read from.</param>
    /// <param name="interpolation">Replaces the variables of <c>name</c>.</param>
    public static ComposeProject Compute(ImmutableArray<SpecCursor> files, ComposeSource source, Interpolation interpolation)
    {
        if (source.ProjectName is { Length: > 0 } flag)
        {
            return Given(flag, Flag, files[0]);
        }

        if (source.Variable(Variable) is { Length: > 0 } variable)
        {
            return Given(variable, Variable, files[0]);
        }

        if (files.LastOrDefault(IsNamed) is { } named
            && interpolation.Apply(named.Child("name").Node, "name") is SpecScalar { Text: { Length: > 0 } text })
        {
            var at = named.Child("name");
            return new ComposeProject(NotEmpty(Normalized(text), at, $"found {Excerpt.Quote(text)}"), at);
        }

        var folder = source.Directory.TrimEnd('/').Split('/')[^1];
        return new ComposeProject(
            NotEmpty(Normalized(folder), files[0] with { Key = "name", At = default }, $"the folder {Excerpt.Quote(folder)} gives no project name: set {Flag}, {Variable} or name"), null);
    }

    private static bool IsNamed(SpecCursor file) => file.Has("name") && file.Child("name").Node is SpecScalar { Kind: not ScalarKind.Null, Text.Length: > 0 };

    /// <summary>In lower case, without what no name may have. Unicode has two capitals more whose small letters are ASCII: İ and the Kelvin sign.</summary>
    public static string Normalized(string text) => string.Concat(
        text.ToLowerInvariant().Replace('\u0130', 'i').Replace('\u212A', 'k').Where(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-')).TrimStart('_', '-');

    // Compose normalises a name of the file or the folder, and refuses any other that it would have to change.
    private static ComposeProject Given(string name, string origin, SpecCursor file)
    {
        var at = file with { Key = origin, At = default };
        if (Normalized(name) != name)
        {
            at.Error($"found {Excerpt.Quote(name)}, which Compose refuses as a project name; {Allowed}");
        }

        return new ComposeProject(name, at);
    }

    private static string NotEmpty(string name, SpecCursor at, string reason)
    {
        if (name.Length == 0)
        {
            at.Error($"{reason}; {Allowed}");
        }

        return name;
    }
}
