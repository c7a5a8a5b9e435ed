namespace Nexus.Consul;

/// <summary>A key with its value and history.</summary>
/// <param name="Key">The full key.</param>
/// <param name="Value">The bytes; empty when the key has none.</param>
/// <param name="CreateIndex">The index at which the key came to be.</param>
/// <param name="ModifyIndex">Changes with every write that changes something; what a CAS compares.</param>
/// <param name="LockIndex">Counts how often the key was locked anew: a fencing token.</param>
/// <param name="Session">The session that holds the lock, or null.</param>
/// <param name="Flags">A number of the writer's choosing.</param>
public sealed record KvPair(
    string Key,
    ReadOnlyMemory<byte> Value,
    ulong CreateIndex,
    ulong ModifyIndex,
    ulong LockIndex,
    string? Session,
    ulong Flags);
