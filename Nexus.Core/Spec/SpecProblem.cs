using System.Collections.Immutable;

namespace Nexus.Core.Spec;

/// <summary>What a problem does to the document it is in.</summary>
public enum SpecSeverity
{
    /// <summary>The document is refused.</summary>
    Error,

    /// <summary>The document is taken; somebody should look.</summary>
    Warning,
}

/// <summary>One thing that is wrong with a spec, and where.</summary>
/// <param name="Severity">Whether the document is refused for it.</param>
/// <param name="Line">Line, from 1; 0 where the problem is not about a place in the text.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Key">Path of the key, e.g. <c>worker_pools.web.port</c>; empty for the document as a whole.</param>
/// <param name="Message">The value seen and what is allowed.</param>
public sealed record SpecProblem(SpecSeverity Severity, int Line, int Column, string Key, string Message)
{
    /// <summary>The file, where the document is made of several and this is not the first.</summary>
    public string? File { get; init; }

    /// <summary>The problem in one line, in the form that editors and CI systems make clickable.</summary>
    public string Format(string fileName)
    {
        var file = File ?? fileName;
        var place = Line > 0 ? $"{file}:{Line}:{Column}" : file;
        var severity = Severity == SpecSeverity.Error ? "error" : "warning";
        return Key.Length == 0 ? $"{place}: {severity}: {Message}" : $"{place}: {severity}: {Key}: {Message}";
    }
}

/// <summary>What came of reading a document.</summary>
/// <param name="FileName">Name of the document, as the problems quote it.</param>
/// <param name="Spec">What it asks for; null if there is any error.</param>
/// <param name="Problems">All problems, in order of position.</param>
public sealed record SpecReadResult(string FileName, ClusterSpec? Spec, ImmutableArray<SpecProblem> Problems)
{
    /// <summary>Whether there is no error; warnings may be there.</summary>
    public bool IsValid => Spec is not null;

    /// <summary>The problems, one line each.</summary>
    public ImmutableArray<string> Lines => [.. Problems.Select(problem => problem.Format(FileName))];
}
