using System.Collections.Immutable;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>The files of a project as one document.</summary>
internal static class ComposeDocuments
{
    /// <summary>The document of each file; what is no YAML is reported and left out.</summary>
    public static ImmutableArray<SpecNode> Parse(ComposeSource source, ProblemList problems)
    {
        var roots = ImmutableArray.CreateBuilder<SpecNode>();
        foreach (var (name, text) in source.Overrides.Insert(0, new ComposeText(source.FileName, source.Text)))
        {
            var file = roots.Count == 0 ? null : name;
            var (root, problem) = SpecDocument.Parse(text);
            if (root is not null)
            {
                roots.Add(file is null ? root : new Placed(file).In(root));
            }
            else
            {
                problems.Add(problem! with { File = file });
            }
        }

        return roots.ToImmutable();
    }

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
