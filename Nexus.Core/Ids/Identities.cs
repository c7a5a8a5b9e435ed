using System.Text.Json.Serialization;

namespace Nexus.Core.Ids;

/// <summary>Name of a pool: lower-case letters, digits and dashes, at most 40 characters (see <see cref="NameRules"/>).</summary>
/// <param name="Value">The name as the spec gives it.</param>
[JsonConverter(typeof(IdentityJsonConverter<PoolName>))]
public readonly record struct PoolName(string Value) : IIdentity<PoolName>
{
    /// <inheritdoc/>
    public static PoolName Of(string value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>Name of a worker node, unique in the cluster.</summary>
/// <param name="Value">The name the worker agent registers.</param>
[JsonConverter(typeof(IdentityJsonConverter<NodeName>))]
public readonly record struct NodeName(string Value) : IIdentity<NodeName>
{
    /// <inheritdoc/>
    public static NodeName Of(string value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>Identity of one placed copy of a pool; never used again after the allocation has ended.</summary>
/// <param name="Value">Pool, index of the snapshot it was planned on, ordinal: <c>web-1a3-0</c>.</param>
[JsonConverter(typeof(IdentityJsonConverter<AllocationId>))]
public readonly record struct AllocationId(string Value) : IIdentity<AllocationId>
{
    /// <inheritdoc/>
    public static AllocationId Of(string value) => new(value);

    /// <summary>
    /// The id of the <paramref name="ordinal"/>-th allocation placed for a pool by the plan made on
    /// <paramref name="index"/>. Consul's index only grows and a plan commits only at its index, so ids never repeat.
    /// </summary>
    public static AllocationId For(PoolName pool, ulong index, int ordinal) => new($"{pool.Value}-{index:x}-{ordinal}");

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>Fingerprint of a pool's template: two equal templates have equal revisions, on any machine.</summary>
/// <param name="Value">First ten hex digits of the template's SHA-256.</param>
[JsonConverter(typeof(IdentityJsonConverter<PoolRevision>))]
public readonly record struct PoolRevision(string Value) : IIdentity<PoolRevision>
{
    /// <inheritdoc/>
    public static PoolRevision Of(string value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
