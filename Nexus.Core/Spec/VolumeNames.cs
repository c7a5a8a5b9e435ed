namespace Nexus.Core.Spec;

/// <summary>The volumes of a pool in a message.</summary>
internal static class VolumeNames
{
    /// <summary><c>volume db-data</c>, or <c>volumes a, b</c>.</summary>
    public static string Of(PoolTemplate template)
    {
        var sources = template.Volumes.Select(v => v.Source).Distinct(StringComparer.Ordinal).ToList();
        return $"{(sources.Count == 1 ? "volume" : "volumes")} {string.Join(", ", sources)}";
    }
}
