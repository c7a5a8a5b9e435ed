namespace Nexus.Consul;

/// <summary>An answer together with how current it is.</summary>
/// <param name="Value">The answer.</param>
/// <param name="Index">
/// Consul's index for this query; a later read may wait for it to change. It is not unique across queries and may go backwards.
/// </param>
/// <param name="KnownLeader">Whether the answering server knew a leader; when false the answer may be old.</param>
/// <param name="LastContact">How long ago the answering server heard from the leader; zero when it is the leader.</param>
public sealed record ConsulResult<T>(T Value, ulong Index, bool KnownLeader, TimeSpan LastContact);

/// <summary>How current a read must be.</summary>
public enum ReadConsistency
{
    /// <summary>The leader answers; a deposed leader may still do so for a moment.</summary>
    Default,

    /// <summary>The leader first confirms with a quorum that it still leads. For reads that decide.</summary>
    Consistent,

    /// <summary>Any server answers, also without a leader. See <see cref="ConsulResult{T}.LastContact"/>.</summary>
    Stale,
}
