namespace Nexus.Core.State;

/// <summary>
/// Which store this is. The first leader in a Consul without one writes it, once: epochs and indexes count from low again in a store
/// that was emptied, so they mean something only together with the id of their store.
/// </summary>
public sealed record ClusterIdentity
{
    private const int BaseDigits = 5;

    /// <summary>Random, 16 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the cluster, from its spec; null before the first apply.</summary>
    public string? Name { get; init; }

    /// <summary>The manager that wrote it.</summary>
    public string CreatedBy { get; init; } = "";

    /// <summary>When, by that manager's clock.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// What is added to Consul's index in the ids of allocations, so that those of a store that counts from low again differ from
    /// those that run since before.
    /// </summary>
    public static ulong IndexBase(string? storeId) =>
        storeId is { Length: >= BaseDigits } && ulong.TryParse(
            storeId.AsSpan(0, BaseDigits), System.Globalization.NumberStyles.AllowHexSpecifier,
            System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : 0;
}
