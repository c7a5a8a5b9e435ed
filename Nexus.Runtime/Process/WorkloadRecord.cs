using System.Text.Json.Serialization;
using Nexus.Core.Ids;

namespace Nexus.Runtime.Process;

/// <summary>What is written down of a workload before its process starts. Holds no environment: that may be secret.</summary>
internal sealed record WorkloadRecord
{
    public required AllocationId Allocation { get; init; }

    public required PoolName Pool { get; init; }

    public required PoolRevision Revision { get; init; }

    public int Attempt { get; init; }

    public int? Port { get; init; }

    public required string WorkingDirectory { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Names the machine's boot: process numbers and start ticks mean nothing in another.</summary>
    public required string Boot { get; init; }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WorkloadRecord))]
internal sealed partial class WorkloadRecordContext : JsonSerializerContext;
