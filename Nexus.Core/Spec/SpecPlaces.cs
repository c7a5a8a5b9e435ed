using System.Collections.Immutable;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Core.Spec;

/// <summary>A key that a document gives, and where.</summary>
/// <param name="Key">Its path, as problems name it, e.g. <c>worker_pools.web.port</c>.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Text">Its value as written; null for a map or a list.</param>
public readonly record struct SpecPlace(string Key, int Line, int Column, string? Text);

/// <summary>The keys that a document gives: what tells a wish that was written down from one that holds by default.</summary>
public sealed class SpecPlaces
{
    private readonly Dictionary<string, SpecPlace> _byKey = new(StringComparer.Ordinal);

    private SpecPlaces(SpecNode? root)
    {
        if (root is not null)
        {
            Add("", root);
        }

        Given = [.. _byKey.Values];
    }

    /// <summary>All of them, a map before what is in it.</summary>
    public ImmutableArray<SpecPlace> Given { get; }

    /// <summary>The places of a document; none where it is not YAML.</summary>
    public static SpecPlaces Of(string yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        return new SpecPlaces(SpecDocument.Parse(yaml).Root);
    }

    /// <summary>The place of a key, or where it is not given, of the nearest one above it; null where none is.</summary>
    public SpecPlace? Find(string key)
    {
        for (var rest = key; rest.Length > 0; rest = rest[..Math.Max(0, rest.LastIndexOfAny(['.', '[']))])
        {
            if (_byKey.TryGetValue(rest, out var place))
            {
                return place;
            }
        }

        return null;
    }

    private void Add(string path, SpecNode node)
    {
        if (node is SpecMapping map)
        {
            foreach (var entry in map.Entries)
            {
                Add(path.Length == 0 ? Excerpt.Cut(entry.Name) : $"{path}.{Excerpt.Cut(entry.Name)}", entry.At, entry.Value);
            }
        }
        else if (node is SpecSequence list)
        {
            for (var i = 0; i < list.Items.Length; i++)
            {
                Add($"{path}[{i}]", list.Items[i].At, list.Items[i]);
            }
        }
    }

    private void Add(string path, SpecPosition at, SpecNode value)
    {
        _byKey[path] = new SpecPlace(path, at.Line, at.Column, (value as SpecScalar)?.Text);
        Add(path, value);
    }
}
