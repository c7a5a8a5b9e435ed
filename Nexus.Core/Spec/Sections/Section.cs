using System.Text.Json.Nodes;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Core.Spec.Sections;

/// <summary>A row of the reference.</summary>
internal sealed record SectionRow(string Path, string Allowed, string? Default, bool IsRequired, string Description);

/// <summary>A section of whatever type, for the reference.</summary>
internal interface ISection
{
    IEnumerable<SectionRow> Rows(string prefix);
}

/// <summary>A map with known keys: the one table behind reading, the JSON Schema and the reference.</summary>
/// <param name="initial">What an empty section means.</param>
/// <param name="keys">Its keys, in the order of the reference.</param>
internal sealed class Section<T>(T initial, IReadOnlyList<SpecKey<T>> keys) : SpecValue<T>, ISection
{
    /// <summary>Names that are reserved for later versions: refused, but not as a typing error.</summary>
    public IReadOnlyList<string> Planned { get; init; } = [];

    /// <summary>Rules across the keys, and defaults that depend on what is given.</summary>
    public Func<T, SpecCursor, T>? Complete { get; init; }

    private const int NamedKeys = 5;

    public override string Allowed { get; } =
        $"a map with {string.Join(", ", keys.Take(NamedKeys).Select(key => key.Name))}{(keys.Count > NamedKeys ? ", …" : "")}";

    public override bool TryRead(SpecCursor cursor, out T value)
    {
        value = initial;
        return TryRead(cursor, initial, out value);
    }

    public bool TryRead(SpecCursor cursor, T start, out T value)
    {
        value = start;
        if (cursor.Node is not SpecMapping mapping)
        {
            return cursor.Refuse(Allowed);
        }

        cursor.ReportFaults(mapping);
        foreach (var entry in mapping.Entries)
        {
            if (keys.FirstOrDefault(key => key.Name == entry.Name) is { } key)
            {
                value = key.Read(cursor.Enter(entry), value);
            }
            else
            {
                cursor.Enter(entry).Error(Unknown(entry.Name));
            }
        }

        foreach (var key in keys.Where(key => key.IsRequired && mapping.Find(key.Name) is null))
        {
            cursor.Error($"{key.Name} is missing; allowed is {key.Allowed}");
        }

        value = Complete is null ? value : Complete(value, cursor);
        return true;
    }

    public override JsonObject ToSchema()
    {
        var properties = new JsonObject();
        foreach (var key in keys)
        {
            var schema = key.TypeSchema();
            schema["description"] = key.DefaultNote is null ? key.Description : $"{key.Description} Default: {key.DefaultNote}.";
            if (key.DefaultNote is null && key.DefaultOf(initial) is { } value)
            {
                schema["default"] = value;
            }

            properties[key.Name] = schema;
        }

        var result = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        if (keys.Any(key => key.IsRequired))
        {
            result["required"] = new JsonArray([.. keys.Where(key => key.IsRequired).Select(key => JsonValue.Create(key.Name))]);
        }

        return result;
    }

    public IEnumerable<SectionRow> Rows(string prefix)
    {
        foreach (var key in keys)
        {
            var path = prefix + key.Name;
            var fallback = key.DefaultNote ?? (key.Below is null ? key.DefaultOf(initial)?.ToString() : null);
            yield return new SectionRow(path, key.Allowed, fallback, key.IsRequired, key.Description);
            foreach (var row in key.Below?.Rows($"{path}{key.ItemPath}.") ?? [])
            {
                yield return row;
            }
        }
    }

    private string Unknown(string name) => Planned.Contains(name)
        ? $"this version of Nexus does not know '{name}' yet; remove it"
        : NearestName.Find(name, keys.Select(key => key.Name)) is { } near
            ? $"unknown key; did you mean '{near}'?"
            : $"unknown key; allowed are {string.Join(", ", keys.Select(key => key.Name))}";
}
