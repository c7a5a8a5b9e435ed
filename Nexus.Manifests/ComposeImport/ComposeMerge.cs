using System.Collections.Immutable;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>
/// Puts one compose file over another by Compose's rules: maps are merged, lists are appended to, other values are replaced. Of entries of a list
/// that are about the same thing the later one stays.
/// </summary>
internal sealed class ComposeMerge(ProblemList problems)
{
    /// <summary>The document of <paramref name="below"/> with what <paramref name="above"/> says in addition or instead.</summary>
    public SpecNode Apply(SpecNode below, SpecNode above) => Merge(below, above, [], "");

    // The rule is the path in which * stands for a name that the user chose; the key is the path itself.
    private SpecNode Merge(SpecNode below, SpecNode above, ImmutableArray<string> rule, string key)
    {
        switch (string.Join('.', rule))
        {
            case "services.*.command" or "services.*.entrypoint" or "services.*.healthcheck.test":
                return above;
            case "services.*.environment" or "services.*.labels" or "services.*.annotations" or "services.*.sysctls"
                or "services.*.deploy.labels" or "services.*.build.args" or "services.*.build.labels"
                or "services.*.depends_on" or "services.*.networks" or "volumes.*.labels" or "networks.*.labels":
                return MergeMaps(AsMap(below), AsMap(above), rule, key);
            case "services.*.env_file" or "services.*.dns" or "services.*.dns_opt" or "services.*.dns_search" or "services.*.tmpfs" or "services.*.label_file":
                return MergeLists(AsList(below), AsList(above), rule, key);
            case "services.*.build":
                return MergeMaps(AsBuild(below), AsBuild(above), rule, key);
            case "services.*.logging" when Driver(below) is { } driver && Driver(above) is { } other && driver != other:
                return above;
            default:
                return above is SpecScalar { Kind: ScalarKind.Null } ? below
                    : below is SpecMapping ? MergeMaps(below, above, rule, key)
                    : below is SpecSequence ? MergeLists(below, above, rule, key)
                    : above;
        }
    }

    private SpecNode MergeMaps(SpecNode below, SpecNode above, ImmutableArray<string> rule, string key)
    {
        if (below is not SpecMapping map || above is not SpecMapping over)
        {
            return Mismatch(below, above, key);
        }

        var entries = new OrderedDictionary<string, SpecEntry>(StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            entries[entry.Name] = entry;
        }

        foreach (var entry in over.Entries)
        {
            var path = key.Length == 0 ? entry.Name : $"{key}.{entry.Name}";
            if (!entries.TryGetValue(entry.Name, out var old))
            {
                entries.Add(entry.Name, entry);
                continue;
            }

            var value = Merge(old.Value, entry.Value, rule.Add(rule is ["services" or "volumes" or "networks" or "secrets" or "configs"] ? "*" : entry.Name), path);
            entries[entry.Name] = new SpecEntry(entry.Name, ReferenceEquals(value, old.Value) || value is SpecMapping ? old.At : entry.At, value);
        }

        return new SpecMapping(map.At, [.. entries.Values], map.Faults.AddRange(over.Faults));
    }

    private SpecNode MergeLists(SpecNode below, SpecNode above, ImmutableArray<string> rule, string key)
    {
        if (below is not SpecSequence list || above is not SpecSequence over)
        {
            return Mismatch(below, above, key);
        }

        var items = new List<SpecNode>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var item in list.Items.Concat(over.Items))
        {
            if (rule is not ["services", _, var name] || ComposeListKeys.Find(name, item) is not { } itemKey)
            {
                items.Add(item);
            }
            else if (places.TryGetValue(itemKey, out var place))
            {
                items[place] = item;
            }
            else
            {
                places.Add(itemKey, items.Count);
                items.Add(item);
            }
        }

        return new SpecSequence(list.At, [.. items]);
    }

    private SpecNode Mismatch(SpecNode below, SpecNode above, string key)
    {
        if (below is SpecScalar { Kind: ScalarKind.Null })
        {
            return above;
        }

        if (above is SpecBrokenNode broken)
        {
            new SpecCursor(above, Excerpt.Cut(key), above.At, problems).Error(broken.Message);
        }
        else if (above is not SpecScalar { Kind: ScalarKind.Null })
        {
            new SpecCursor(above, Excerpt.Cut(key), above.At, problems).Error(
                $"found {above.Describe()}, which cannot override {below.Describe()} of {(below.At.File is { } file ? $"{file}:" : "line ")}{below.At.Line}");
        }

        return below;
    }

    private static SpecScalar? Driver(SpecNode logging) => (logging as SpecMapping)?.Find("driver")?.Value is SpecScalar { Text: var text } scalar && text.Length > 0
        ? scalar with { At = default, IsQuoted = false, Kind = ScalarKind.Text }
        : null;

    private static SpecNode AsBuild(SpecNode build) => build is SpecScalar { Kind: not ScalarKind.Null } context
        ? new SpecMapping(context.At, [new SpecEntry("context", context.At, context)], [])
        : build;

    private static SpecNode AsList(SpecNode node) => node is SpecScalar { Kind: not ScalarKind.Null } one ? new SpecSequence(one.At, [one]) : node;

    // A list of NAME and NAME=VALUE as a map. Of a name that is there twice the later value stays.
    private static SpecNode AsMap(SpecNode node)
    {
        if (node is not SpecSequence list || !list.Items.All(item => item is SpecScalar))
        {
            return node;
        }

        var entries = new OrderedDictionary<string, SpecEntry>(StringComparer.Ordinal);
        foreach (var item in list.Items.Cast<SpecScalar>())
        {
            var parts = item.Text.Split('=', 2);
            var value = parts.Length == 2
                ? new SpecScalar(item.At, parts[1], ScalarKind.Text, IsQuoted: true)
                : new SpecScalar(item.At, "", ScalarKind.Null, IsQuoted: false);
            entries[parts[0]] = new SpecEntry(parts[0], item.At, value);
        }

        return new SpecMapping(list.At, [.. entries.Values], []);
    }
}
