using System.Text.Json.Nodes;

namespace Nexus.Core.Spec.Sections;

/// <summary>One key of a section.</summary>
internal abstract class SpecKey<T>(string name, string description)
{
    public string Name { get; } = name;

    /// <summary>What it is for, in one or two sentences.</summary>
    public string Description { get; } = description;

    /// <summary>Whether the section is refused without it.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The default where words say it better than a value.</summary>
    public string? DefaultNote { get; init; }

    /// <summary>The section below the key, for the reference; null for a value.</summary>
    public abstract ISection? Below { get; }

    /// <summary>What stands between the key and those below it in a path: <c>[]</c>, <c>.NAME</c> or nothing.</summary>
    public abstract string ItemPath { get; }

    public abstract string Allowed { get; }

    public abstract T Read(SpecCursor cursor, T target);

    public abstract JsonObject TypeSchema();

    /// <summary>What holds without the key, read off the record itself.</summary>
    public abstract JsonNode? DefaultOf(T initial);
}

/// <summary>A key whose value goes into <typeparamref name="T"/>.</summary>
internal sealed class SpecKey<T, TValue>(
    string name, SpecValue<TValue> type, Func<T, TValue>? get, Func<T, TValue, T> set, string description)
    : SpecKey<T>(name, description)
{
    public override ISection? Below => type as ISection ?? (type as IHasItems)?.Items;

    public override string ItemPath => (type as IHasItems)?.ItemPath ?? "";

    public override string Allowed => type.Allowed;

    public override T Read(SpecCursor cursor, T target) =>
        type.TryRead(cursor, out var value) ? set(target, value) : target;

    public override JsonObject TypeSchema() => type.ToSchema();

    public override JsonNode? DefaultOf(T initial) => get is null ? null : type.ToJson(get(initial));
}

/// <summary>A key of a part of <typeparamref name="T"/> that the document does not nest.</summary>
internal sealed class PartKey<T, TPart> : SpecKey<T>
{
    private readonly SpecKey<TPart> _key;
    private readonly Func<T, TPart> _get;
    private readonly Func<T, TPart, T> _set;

    public PartKey(SpecKey<TPart> key, Func<T, TPart> get, Func<T, TPart, T> set)
        : base(key.Name, key.Description)
    {
        (_key, _get, _set) = (key, get, set);
        (IsRequired, DefaultNote) = (key.IsRequired, key.DefaultNote);
    }

    public override ISection? Below => _key.Below;

    public override string ItemPath => _key.ItemPath;

    public override string Allowed => _key.Allowed;

    public override T Read(SpecCursor cursor, T target) => _set(target, _key.Read(cursor, _get(target)));

    public override JsonObject TypeSchema() => _key.TypeSchema();

    public override JsonNode? DefaultOf(T initial) => _key.DefaultOf(_get(initial));
}

/// <summary>A list or map whose items are sections.</summary>
internal interface IHasItems
{
    ISection? Items { get; }

    /// <summary>How an item is written in a path, e.g. <c>[]</c>.</summary>
    string ItemPath { get; }
}
