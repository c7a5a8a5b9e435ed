using System.Text;
using Nexus.Core.Ids;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>Which pool a service becomes. Names of services may have what names of pools may not.</summary>
internal static class ServiceNames
{
    public static IReadOnlyDictionary<string, string> Compute(SpecCursor services, SpecMapping map)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            var name = ToName(entry.Name, "service");
            if (names.FirstOrDefault(other => other.Value == name).Key is { } other)
            {
                services.Enter(entry).Error($"would be pool {name}, as service {Excerpt.Cut(other)} is; rename one of them");
            }
            else if (name != entry.Name)
            {
                services.Enter(entry).Warn($"is called {name}: a pool has {NameRules.Description}, and none is called like a service of the cluster itself");
            }

            names.Add(entry.Name, name);
        }

        return names;
    }

    /// <summary>The nearest name that a pool may have.</summary>
    public static string ToName(string text, string prefix)
    {
        var name = new StringBuilder();
        foreach (var c in text.ToLowerInvariant())
        {
            name.Append(char.IsAsciiLetterOrDigit(c) ? c : '-');
        }

        var cut = name.ToString().Trim('-');
        var isTaken = cut is "nexus" || cut.StartsWith("nexus-", StringComparison.Ordinal) || cut.StartsWith("consul", StringComparison.Ordinal);
        cut = cut.Length > 0 && char.IsAsciiLetter(cut[0]) && (!isTaken || prefix == "project") ? cut : $"{prefix}-{cut}".TrimEnd('-');
        return cut.Length > NameRules.MaxLength ? cut[..NameRules.MaxLength].TrimEnd('-') : cut;
    }
}
