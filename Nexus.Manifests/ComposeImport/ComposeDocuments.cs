using System.Collections.Immutable;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>The files of a project as one document.</summary>
internal static class ComposeDocuments
{
    private const string Empty = "the document is empty; a compose file names at least one service under services";

    /// <summary>The documents of the files, without further files that are empty. None where one is no YAML, or the first is empty, which is reported.</summary>
    public static ImmutableArray<SpecNode> Parse(ComposeSource source, ProblemList problems)
    {
        var roots = ImmutableArray.CreateBuilder<SpecNode>();
        var isWhole = true;
        var texts = source.Overrides.Insert(0, new ComposeText(source.FileName, source.Text));
        for (var i = 0; i < texts.Length; i++)
        {
            var file = i == 0 ? null : texts[i].FileName;
            var (root, problem) = IsEmpty(texts[i].Text) ? (null, null) : SpecDocument.Parse(texts[i].Text);
            if (root is not null and not SpecScalar { Kind: ScalarKind.Null })
            {
                roots.Add(file is null ? root : new Placed(file).In(root));
            }
            else if (problem is not null || i == 0)
            {
                isWhole = false;
                problems.Add(problem is null ? new SpecProblem(SpecSeverity.Error, 1, 1, "", Empty) : problem with { File = file });
            }
        }

        return isWhole ? roots.ToImmutable() : [];
    }

    // Blank lines and comments only, as in a file whose overrides are all switched off.
    private static bool IsEmpty(string text) => text.TrimStart('\uFEFF').Split('\n').All(line => line.Trim() is "" or "---" or ['#', ..]);

    /// <summary>The documents with values for their variables, the later ones over the earlier.</summary>
    public static SpecNode Merge(ImmutableArray<SpecNode> roots, Interpolation interpolation, ProblemList problems)
    {
        var merge = new ComposeMerge(problems);
        return roots.Select(root => interpolation.Apply(root, "")).Aggregate(merge.Apply);
    }

    /// <summary>Says of each place of a document which file it is in.</summary>
    private sealed class Placed(string file)
    {
        private readonly Dictionary<SpecNode, SpecNode> _walked = new(ReferenceEqualityComparer.Instance);

        public SpecNode In(SpecNode node)
        {
            if (!_walked.TryGetValue(node, out var placed))
            {
                placed = Place(node);
                _walked.Add(node, placed);
            }

            return placed;
        }

        private SpecNode Place(SpecNode node)
        {
            var at = node.At with { File = file };
            return node switch
            {
                SpecMapping map => new SpecMapping(at,
                    [.. map.Entries.Select(entry => new SpecEntry(entry.Name, entry.At with { File = file }, In(entry.Value)))],
                    [.. map.Faults.Select(fault => fault with { At = fault.At with { File = file } })]),
                SpecSequence list => new SpecSequence(at, [.. list.Items.Select(In)]),
                _ => node with { At = at },
            };
        }
    }
}
