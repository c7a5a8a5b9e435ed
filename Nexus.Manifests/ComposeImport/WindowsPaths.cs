using System.Collections.Immutable;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>Paths of Windows in a compose file. Nodes run Linux, so none of them can be mounted.</summary>
internal static class WindowsPaths
{
    /// <summary>Whether a path has a drive or backslashes.</summary>
    public static bool IsOne(string path) => path.Contains('\\') || (path is [var drive, ':', ..] && char.IsAsciiLetter(drive));

    /// <summary>The parts of <c>SOURCE:TARGET:OPTIONS</c>. The colon behind the letter of a drive separates nothing.</summary>
    public static ImmutableArray<string> Sections(string text)
    {
        var parts = text.Split(':');
        var sections = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < parts.Length; i++)
        {
            // A letter alone is a drive if a backslash follows, or if two paths do: x:/x and x:/x:ro name a volume.
            var isDrive = parts[i] is [var letter] && char.IsAsciiLetter(letter) && i + 1 < parts.Length
                && (parts[i + 1].StartsWith('\\') || (i == 0 && parts.Length > 2 && parts[2].StartsWith('/')));
            sections.Add(isDrive ? $"{parts[i]}:{parts[++i]}" : parts[i]);
        }

        return sections.ToImmutable();
    }

    /// <summary>Reports a path, and mounts nothing.</summary>
    public static ServiceMount? Refuse(SpecCursor at, string path)
    {
        at.Error($"found {Excerpt.Quote(path)}, a Windows path; nodes run Linux: allowed are absolute paths of the node such as /srv/data, paths relative to the file such as ./data, and names of volumes");
        return null;
    }
}
