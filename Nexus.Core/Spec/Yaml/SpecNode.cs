using System.Collections.Immutable;

namespace Nexus.Core.Spec.Yaml;

/// <summary>A place in the text; both count from 1.</summary>
/// <param name="Line">Its line.</param>
/// <param name="Column">Its column.</param>
/// <param name="File">The file, where the text is of several and this is not the first.</param>
internal readonly record struct SpecPosition(int Line, int Column, string? File = null);

/// <summary>A node of the document. Aliases are resolved and merges done, so a node may hang in several places.</summary>
internal abstract record SpecNode(SpecPosition At)
{
    /// <summary>The node in the words of a message.</summary>
    public abstract string Describe();
}

/// <summary>What a plain scalar means under the core schema of YAML 1.2.</summary>
internal enum ScalarKind
{
    Null,
    Boolean,
    Integer,
    Float,
    Text,
}

/// <summary>A single value.</summary>
internal sealed record SpecScalar(SpecPosition At, string Text, ScalarKind Kind, bool IsQuoted) : SpecNode(At)
{
    public override string Describe() => Kind switch
    {
        ScalarKind.Null => "nothing",
        ScalarKind.Text when IsQuoted && CoreScalar.Resolve(Text) is not (ScalarKind.Text or ScalarKind.Null) =>
            $"{Excerpt.Quote(Text)} in quotes",
        ScalarKind.Text => Excerpt.Quote(Text),
        _ => Excerpt.Cut(Text),
    };
}

/// <summary>A list.</summary>
internal sealed record SpecSequence(SpecPosition At, ImmutableArray<SpecNode> Items) : SpecNode(At)
{
    public override string Describe() => Items.Length == 1 ? "a list of 1 item" : $"a list of {Items.Length} items";
}

/// <summary>A map of keys, in the order of the document, each key once.</summary>
internal sealed record SpecMapping(
    SpecPosition At, ImmutableArray<SpecEntry> Entries, ImmutableArray<SpecFault> Faults) : SpecNode(At)
{
    private const int NamedKeys = 4;

    public override string Describe() => Entries.Length == 0
        ? "an empty map"
        : $"a map with {string.Join(", ", Entries.Take(NamedKeys).Select(e => Excerpt.Cut(e.Name)))}"
            + (Entries.Length > NamedKeys ? " …" : "");

    public SpecEntry? Find(string name)
    {
        foreach (var entry in Entries)
        {
            if (entry.Name == name)
            {
                return entry;
            }
        }

        return null;
    }
}

/// <summary>A key and its value.</summary>
internal sealed record SpecEntry(string Name, SpecPosition At, SpecNode Value);

/// <summary>A key that cannot be taken: given twice, or not a plain name.</summary>
internal sealed record SpecFault(string Name, SpecPosition At, string Message);

/// <summary>A node that no key accepts, e.g. an alias without an anchor.</summary>
internal sealed record SpecBrokenNode(SpecPosition At, string Message) : SpecNode(At)
{
    public override string Describe() => Message;
}
