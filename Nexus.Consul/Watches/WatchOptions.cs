namespace Nexus.Consul;

/// <summary>How a watch behaves beyond its defaults.</summary>
public sealed class WatchOptions
{
    /// <summary>
    /// Told of every failed read, on the watch's own flow; must return quickly. Without it, failures are only logged.
    /// </summary>
    public Action<Exception>? OnError { get; init; }

    /// <summary>How long one read waits for a change; null means <see cref="ConsulOptions.WatchWait"/>.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>Yield also when a wait elapsed without a change, for consumers that look again anyway.</summary>
    public bool ResyncEveryWait { get; init; }
}
