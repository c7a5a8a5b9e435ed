namespace Nexus.ServiceDefaults.Health;

/// <summary>Tags that choose where a health check counts.</summary>
public static class HealthTags
{
    /// <summary>Counts for <c>/alive</c>: a failure means that a restart of this process would help. A dependency that is
    /// away must not carry it.</summary>
    public const string Live = "live";
}
