using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Nexus.Core.Spec.Values;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Core.Spec.Sections;

/// <summary>A program with its arguments: a list of words, or one line split like a shell's.</summary>
internal sealed class CommandValue : SpecValue<ImmutableArray<string>>
{
    private const int MaxWords = 256;
    private static readonly string[] Operators = ["&&", "||", "|", ";", "&", ">", ">>", "<", "2>&1"];

    private static readonly ListValue<string> Words =
        new(new TextValue("a text", TextValue.AnyText) { MaxLength = 8192, TakesAnyScalar = true }, "words", MaxWords);

    public override string Allowed => "a list of words such as [sleep, 60], or one line such as sleep 60";

    public override bool TryRead(SpecCursor cursor, out ImmutableArray<string> value)
    {
        value = [];
        if (cursor.Node is SpecSequence)
        {
            return Words.TryRead(cursor, out value) && HasProgram(cursor, value);
        }

        if (cursor.Node is not SpecScalar { Kind: not ScalarKind.Null } line)
        {
            return cursor.Refuse(Allowed);
        }

        if (ShellWords.Split(line.Text) is not { Count: <= MaxWords } words)
        {
            return cursor.Refuse($"{Allowed}, of at most {MaxWords} words and with its quotes closed");
        }

        if (words.FirstOrDefault(Operators.Contains) is { } found)
        {
            cursor.Warn($"{found} is passed on as a word, for no shell runs this line; if one should, write [sh, -c, \"…\"]");
        }

        value = [.. words];
        return HasProgram(cursor, value);
    }

    public override JsonObject ToSchema() => new()
    {
        ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string", ["minLength"] = 1 }, Words.ToSchema()),
    };

    private bool HasProgram(SpecCursor cursor, ImmutableArray<string> words) =>
        words is [{ Length: > 0 }, ..] || cursor.Refuse(Allowed);
}

/// <summary>A list of values of one type.</summary>
internal sealed class ListValue<T>(SpecValue<T> item, string plural, int max) : SpecValue<ImmutableArray<T>>, IHasItems
{
    public ISection? Items => item as ISection ?? (item as IHasItems)?.Items;

    public string ItemPath => "[]";

    /// <summary>What makes two items the same; null if doubles are fine.</summary>
    public Func<T, string>? Identity { get; init; }

    public override string Allowed => Items is null ? $"a list of {plural}, each {item.Allowed}" : $"a list of {plural}";

    public override bool TryRead(SpecCursor cursor, out ImmutableArray<T> value)
    {
        value = [];
        if (cursor.Node is not SpecSequence { Items.Length: var count } || count > max)
        {
            return cursor.Refuse($"a list of at most {max} {plural}");
        }

        var values = ImmutableArray.CreateBuilder<T>(count);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var at = cursor.Item(i);
            if (item.TryRead(at, out var one))
            {
                values.Add(one);
                if (!cursor.Problems.HasErrorAt(at.Key) && Identity?.Invoke(one) is { } identity && !seen.TryAdd(identity, at.Key))
                {
                    at.Error($"{identity} is given twice; first at {seen[identity]}");
                }
            }
        }

        value = values.ToImmutable();
        return value.Length == count;
    }

    public override JsonObject ToSchema() => new() { ["type"] = "array", ["maxItems"] = max, ["items"] = item.ToSchema() };
}

/// <summary>A map of free names to texts.</summary>
internal sealed class TextMapValue(string plural, TextValue names, TextValue values, int max)
    : SpecValue<ImmutableSortedDictionary<string, string>>
{
    public override string Allowed => $"a map of {plural}";

    public override bool TryRead(SpecCursor cursor, out ImmutableSortedDictionary<string, string> value)
    {
        value = ImmutableSortedDictionary<string, string>.Empty;
        if (cursor.Node is not SpecMapping { Entries.Length: var count } mapping || count > max)
        {
            return cursor.Refuse($"a map of at most {max} {plural}");
        }

        cursor.ReportFaults(mapping);
        var texts = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var entry in mapping.Entries)
        {
            var at = cursor.Enter(entry);
            if (names.TryRead(at with { Node = new SpecScalar(entry.At, entry.Name, ScalarKind.Text, IsQuoted: false) }, out _)
                && values.TryRead(at, out var text))
            {
                texts[entry.Name] = text;
            }
        }

        value = texts.ToImmutable();
        return true;
    }

    public override JsonObject ToSchema() => new()
    {
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["patternProperties"] = new JsonObject { [names.SchemaPattern] = values.ToSchema() },
    };
}
