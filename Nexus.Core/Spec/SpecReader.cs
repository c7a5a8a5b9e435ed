using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Core.Spec;

/// <summary>Reads <c>nexus.yaml</c>. Pure: text in, result out; no text makes it throw.</summary>
public static class SpecReader
{
    /// <summary>
    /// The spec with all defaults applied (implicit routes too), or everything that keeps it from being one.
    /// </summary>
    /// <param name="yaml">The text of the document.</param>
    /// <param name="fileName">How problems name it; nothing is opened.</param>
    public static SpecReadResult Read(string yaml, string fileName) => Read(yaml, fileName, new ProblemList());

    /// <summary>Reads with every problem reported, however many there are.</summary>
    internal static SpecReadResult ReadAll(string yaml, string fileName) => Read(yaml, fileName, new ProblemList(isBounded: false));

    private static SpecReadResult Read(string yaml, string fileName, ProblemList problems)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        ArgumentException.ThrowIfNullOrEmpty(fileName);
        var (root, problem) = SpecDocument.Parse(yaml);
        if (root is null)
        {
            return new SpecReadResult(fileName, null, [problem!]);
        }

        ClusterSection.Section.TryRead(new SpecCursor(root, "", root.At, problems), out var spec);
        return new SpecReadResult(fileName, problems.HasErrors ? null : spec, problems.ToImmutable());
    }
}
