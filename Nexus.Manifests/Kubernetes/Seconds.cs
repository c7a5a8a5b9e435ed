namespace Nexus.Manifests.Kubernetes;

/// <summary>Durations as Kubernetes counts them.</summary>
internal static class Seconds
{
    /// <summary>Whole seconds, rounded up: a limit never becomes shorter.</summary>
    public static int Up(TimeSpan span) => (int)Math.Ceiling(span.TotalSeconds);
}
