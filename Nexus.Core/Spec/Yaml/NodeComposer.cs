using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Nexus.Core.Spec.Yaml;

/// <summary>
/// Builds nodes from the parser's events. Unlike YamlStream it goes on after a key given twice, bounds depth and size
/// (so aliases cannot blow up), resolves plain scalars by YAML 1.2, and does merge keys.
/// </summary>
internal sealed class NodeComposer(IParser parser)
{
    private const int MaxDepth = 24;
    private const int MaxNodes = 40_000;
    private const string CoreTags = "tag:yaml.org,2002:";
    private readonly Dictionary<AnchorName, SpecNode> _anchors = [];
    private readonly Stack<Mark> _brackets = [];
    private int _nodes;

    /// <summary>Where the innermost <c>[</c> or <c>{</c> stands that is open as yet; null outside of any.</summary>
    public Mark? OpenBracket => _brackets.TryPeek(out var bracket) ? bracket : null;

    /// <summary>The only document of the stream; null if the stream is empty.</summary>
    public SpecNode? ComposeDocument()
    {
        parser.MoveNext();
        parser.MoveNext();
        if (parser.Current is not DocumentStart first)
        {
            return null;
        }

        if (first.Version is { Version: { Major: not 1 } or { Minor: not 2 } } other)
        {
            throw new DocumentLimitException(other.Start, other.End, $"found YAML {other.Version.Major}.{other.Version.Minor}; allowed is 1.2");
        }

        parser.MoveNext();
        if (parser.Current is Scalar { Value: "", Style: ScalarStyle.Plain, IsPlainImplicit: true })
        {
            return null;
        }

        var root = Compose(0);
        parser.MoveNext();
        return parser.Current is DocumentStart second
            ? throw new DocumentLimitException(second.Start, second.End, "a second document starts here; allowed is one")
            : root;
    }

    // Leaves the parser behind the node.
    private SpecNode Compose(int depth)
    {
        var current = parser.Current!;
        Count(1, current);
        if (depth > MaxDepth)
        {
            throw new DocumentLimitException(current.Start, current.End, $"nested deeper than {MaxDepth} levels");
        }

        SpecNode node = current switch
        {
            AnchorAlias alias => Alias(alias),
            Scalar scalar => ScalarOf(scalar),
            SequenceStart start => Sequence(start, depth),
            MappingStart start => Mapping(start, depth),
            _ => throw new YamlException(current.Start, current.End, "did not find a value"),
        };
        parser.MoveNext();
        if (current is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            _anchors[anchored.Anchor] = node;
        }

        return node is not SpecBrokenNode && current is NodeEvent { Tag.IsEmpty: false } tagged
            ? new SpecBrokenNode(node.At, $"found the tag {Excerpt.Cut(Written(tagged.Tag))}; allowed are values without tags")
            : node;
    }

    /// <summary>The tag as people write it: the parser gives <c>!!int</c> its full name.</summary>
    private static string Written(TagName tag) => tag.Value.StartsWith(CoreTags, StringComparison.Ordinal)
        ? $"!!{tag.Value.AsSpan(CoreTags.Length)}"
        : tag.Value;

    private SpecNode Alias(AnchorAlias alias) => _anchors.TryGetValue(alias.Value, out var node)
        ? node
        : new SpecBrokenNode(At(alias), $"found the alias *{Excerpt.Cut(alias.Value.Value)}, which no anchor before it defines");

    private static SpecScalar ScalarOf(Scalar scalar)
    {
        var isPlain = scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty;
        var kind = isPlain ? CoreScalar.Resolve(scalar.Value) : ScalarKind.Text;
        return new SpecScalar(At(scalar), scalar.Value, kind, !isPlain);
    }

    private SpecSequence Sequence(SequenceStart start, int depth)
    {
        var items = ImmutableArray.CreateBuilder<SpecNode>();
        Open(start.Style == SequenceStyle.Flow, start);
        parser.MoveNext();
        while (parser.Current is not SequenceEnd)
        {
            items.Add(Compose(depth + 1));
        }

        Close(start.Style == SequenceStyle.Flow);
        return new SpecSequence(At(start), items.ToImmutable());
    }

    private SpecMapping Mapping(MappingStart start, int depth)
    {
        var entries = new OrderedDictionary<string, SpecEntry>(StringComparer.Ordinal);
        var faults = ImmutableArray.CreateBuilder<SpecFault>();
        var merged = new List<SpecMapping>();
        Open(start.Style == MappingStyle.Flow, start);
        parser.MoveNext();
        while (parser.Current is not MappingEnd)
        {
            var isMerge = parser.Current is Scalar { Value: "<<", Style: ScalarStyle.Plain };
            var at = At(parser.Current!);
            var key = Compose(depth + 1);
            var value = Compose(depth + 1);
            if (isMerge)
            {
                if (!TryMerge(value, merged))
                {
                    faults.Add(new SpecFault("<<", at, $"found {value.Describe()}; allowed is an alias of a map, or a list of such"));
                }
            }
            else if (key is not SpecScalar scalar)
            {
                faults.Add(new SpecFault("?", at, $"found {key.Describe()} as a key; allowed is a name"));
            }
            else if (!entries.TryAdd(scalar.Text, new SpecEntry(scalar.Text, at, value)))
            {
                faults.Add(new SpecFault(scalar.Text, at, $"given twice; first on line {entries[scalar.Text].At.Line}"));
            }
        }

        Close(start.Style == MappingStyle.Flow);
        foreach (var entry in merged.SelectMany(map => map.Entries))
        {
            Count(1, start);
            entries.TryAdd(entry.Name, entry);
        }

        return new SpecMapping(At(start), [.. entries.Values], faults.ToImmutable());
    }

    private void Open(bool isBracket, ParsingEvent start)
    {
        if (isBracket)
        {
            _brackets.Push(start.Start);
        }
    }

    private void Close(bool isBracket)
    {
        if (isBracket)
        {
            _brackets.Pop();
        }
    }

    // What stands in the map itself wins, then the earlier of the merged.
    private static bool TryMerge(SpecNode value, List<SpecMapping> merged)
    {
        ImmutableArray<SpecNode> sources = value is SpecSequence list ? list.Items : [value];
        merged.AddRange(sources.OfType<SpecMapping>());
        return sources.All(source => source is SpecMapping);
    }

    private void Count(int nodes, ParsingEvent current)
    {
        _nodes += nodes;
        if (_nodes > MaxNodes)
        {
            throw new DocumentLimitException(current.Start, current.End, $"more than {MaxNodes} values");
        }
    }

    private static SpecPosition At(ParsingEvent current) => new((int)current.Start.Line, (int)current.Start.Column);
}
