using System.Diagnostics.CodeAnalysis;

namespace Nexus.Manifests.YamlText;

/// <summary>A document to be written: maps, lists and texts, with comments above what they are about.</summary>
internal abstract record YamlTree
{
    /// <summary>What stands above it, a line each, without the number sign.</summary>
    public List<string> Comments { get; } = [];

    [return: NotNullIfNotNull(nameof(text))]
    public static implicit operator YamlTree?(string? text) => text is null ? null : new YamlScalar(text, IsText: true);

    public static implicit operator YamlTree(int number) => Literal($"{number}");

    public static implicit operator YamlTree(bool value) => Literal(value ? "true" : "false");

    /// <summary>A value that is written as it is: a number, true, a duration.</summary>
    public static YamlTree Literal(string text) => new YamlScalar(text, IsText: false);

    /// <summary>A list on one line, as commands are written.</summary>
    public static YamlTree Words(IEnumerable<string> words) => new YamlList([.. words], OnOneLine: true);
}

/// <summary>A single value.</summary>
/// <param name="Text">The value.</param>
/// <param name="IsText">Whether it must not be taken for anything else, so that <c>true</c> and <c>1.10</c> need quotes.</param>
internal sealed record YamlScalar(string Text, bool IsText) : YamlTree;

/// <summary>A list.</summary>
internal sealed record YamlList(List<YamlTree> Items, bool OnOneLine = false) : YamlTree;

/// <summary>A map that keeps the order of its keys.</summary>
internal sealed record YamlMap : YamlTree
{
    public List<(string Key, YamlTree Value)> Entries { get; } = [];

    public bool IsEmpty => Entries.Count == 0;

    /// <summary>Adds a key; null adds nothing.</summary>
    public YamlMap With(string key, YamlTree? value)
    {
        if (value is not null)
        {
            Entries.Add((key, value));
        }

        return this;
    }

    /// <summary>Adds a map that has any key.</summary>
    public YamlMap WithAny(string key, YamlMap value) => value.IsEmpty ? this : With(key, value);

    /// <summary>Adds a list that has any item.</summary>
    public YamlMap WithAny(string key, IEnumerable<YamlTree> items)
    {
        List<YamlTree> list = [.. items];
        return list.Count > 0 ? With(key, new YamlList(list)) : this;
    }
}
