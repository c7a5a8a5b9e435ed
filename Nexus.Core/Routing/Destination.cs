using Nexus.Core.Ids;
using Nexus.Core.Spec;

namespace Nexus.Core.Routing;

/// <summary>Whether a destination gets new requests, and if not, why.</summary>
public enum Rotation
{
    /// <summary>It gets requests.</summary>
    In,

    /// <summary>Its checks fail, or have not passed yet.</summary>
    Unhealthy,

    /// <summary>It was taken out on purpose, to be drained or looked at.</summary>
    Maintenance,

    /// <summary>Its container or process ended, as its node says.</summary>
    Gone,
}

/// <summary>An allocation as the gateway sees it. It keeps its identity while it is restarted at another port.</summary>
/// <param name="Id">The allocation behind it.</param>
/// <param name="Address">Base address of its HTTP server, without a path: <c>http://10.0.0.7:31004</c>.</param>
/// <param name="Attempt">How often it was restarted before; with the address it tells one life from the next.</param>
/// <param name="Rotation">Whether it gets new requests.</param>
/// <param name="HasServed">Whether this life of it was ever in rotation. One that never was gets no benefit of the doubt.</param>
public sealed record Destination(
    AllocationId Id, string Address, int Attempt, Rotation Rotation, bool HasServed)
{
    /// <summary>The node it runs on; null when the catalog does not say.</summary>
    public NodeName? Node { get; init; }

    /// <summary>The revision it was started from; null when the catalog does not say.</summary>
    public PoolRevision? Revision { get; init; }

    /// <summary>Protocol that it speaks.</summary>
    public AppProtocol Protocol { get; init; }

    /// <summary>Whether Consul lost sight of its node while its own checks passed: it serves on the gateway's own evidence.</summary>
    public bool IsDoubted { get; init; }

    /// <summary>Whether <paramref name="other"/> is the same container or process, not only the same allocation.</summary>
    public bool IsSameLife(Destination other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Id == other.Id && Attempt == other.Attempt && Address == other.Address;
    }
}
