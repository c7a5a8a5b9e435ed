using Microsoft.AspNetCore.Http;

namespace Nexus.ServiceDefaults;

/// <summary>The paths of <see cref="ServiceDefaultsExtensions.MapDefaultEndpoints"/>: they are asked every second or so and
/// so leave no spans.</summary>
public static class DefaultPaths
{
    /// <summary>Every health check.</summary>
    public const string Health = "/health";

    /// <summary>Whether the process should be restarted.</summary>
    public const string Alive = "/alive";

    /// <summary>Prometheus text.</summary>
    public const string Metrics = "/metrics";

    internal static bool Contains(PathString path) =>
        path.StartsWithSegments(Health, StringComparison.Ordinal)
        || path.StartsWithSegments(Alive, StringComparison.Ordinal)
        || path.StartsWithSegments(Metrics, StringComparison.Ordinal);
}
