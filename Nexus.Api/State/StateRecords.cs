using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Nexus.Core.Rollouts;
using Nexus.Core.State;

namespace Nexus.Api.State;

/// <summary>
/// The one place that reads records of the cluster's state. Never throws: a record that is damaged, belongs to another name than
/// its key, or was written in a newer format is unreadable, with the reason.
/// </summary>
public static class StateRecords
{
    /// <summary>The format of records that this version writes and reads. A record without the field is of format 1.</summary>
    public const int FormatVersion = 1;

    private const string FormatField = "formatVersion";

    /// <summary>Reads the record of a key.</summary>
    /// <param name="key">The key, which the record's own name must agree with.</param>
    /// <param name="bytes">Its value; null where the key does not exist.</param>
    /// <param name="type">The kind of record.</param>
    public static RecordReading<T> Read<T>(string key, ReadOnlyMemory<byte>? bytes, JsonTypeInfo<T> type)
        where T : class
    {
        if (bytes is not { } value)
        {
            return RecordReading.Absent<T>();
        }

        try
        {
            return RecordReading.Of(Parse(key, value.Span, type));
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or InvalidOperationException
            or FormatException or OverflowException)
        {
            return RecordReading.Unreadable<T>(e.Message);
        }
    }

    internal static T Parse<T>(string key, ReadOnlySpan<byte> value, JsonTypeInfo<T> type)
        where T : class
    {
        if (value.IsEmpty)
        {
            throw new JsonException("the value is empty");
        }

        CheckTokens(value);
        var record = JsonSerializer.Deserialize(value, type) ?? throw new JsonException("the value is null");
        return ProblemOf(key, record) is { } problem ? throw new JsonException(problem) : record;
    }

    /// <summary>Refuses a newer format before its fields are interpreted, and null elements of arrays, which no writer produces.</summary>
    private static void CheckTokens(ReadOnlySpan<byte> value)
    {
        var reader = new Utf8JsonReader(value);
        Span<bool> isArray = stackalloc bool[64];
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject when reader.CurrentDepth < isArray.Length:
                    isArray[reader.CurrentDepth] = reader.TokenType == JsonTokenType.StartArray;
                    break;
                case JsonTokenType.Null when reader.CurrentDepth > 0 && isArray[reader.CurrentDepth - 1]:
                    throw new JsonException($"an array holds null at byte {reader.TokenStartIndex}");
                case JsonTokenType.PropertyName when reader.CurrentDepth == 1 && reader.ValueTextEquals(FormatField):
                    reader.Read();
                    CheckFormat(ref reader);
                    break;
                default:
                    break;
            }
        }
    }

    private static void CheckFormat(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var format) || format < 1)
        {
            throw new JsonException($"its {FormatField} is not a whole number from 1 on");
        }

        if (format > FormatVersion)
        {
            throw new JsonException($"it has format version {format}, this version of Nexus reads up to {FormatVersion}; upgrade this machine");
        }
    }

    private static string? ProblemOf<T>(string key, T record) => record switch
    {
        SpecPointer { Revision: < 1 } r => $"it names revision {r.Revision}; revisions start at 1",
        SpecDocument r when key.StartsWith(StateKeys.SpecRevisions, StringComparison.Ordinal) && key != StateKeys.SpecRevision(r.Revision) =>
            $"it holds revision {r.Revision}",
        ClusterIdentity { Id.Length: 0 } => "it has no id",
        LeaderRecord { Manager.Length: 0 } => "it names no manager",
        NodeRecord r => OtherName(key, StateKeys.Nodes, "node", r.Node.Value),
        NodeAssignment r => OtherName(key, StateKeys.Desired, "node", r.Node.Value),
        NodeObservation r => OtherName(key, StateKeys.Observed, "node", r.Node.Value),
        NodeEligibility r => OtherName(key, StateKeys.Eligibility, "node", r.Node.Value),
        RolloutRecord r => OtherName(key, StateKeys.Rollouts, "pool", r.Pool.Value),
        RolloutRequest r => OtherName(key, StateKeys.Requests, "pool", r.Pool.Value),
        GatewayReport r => OtherName(key, StateKeys.Gateways, "gateway", r.Gateway),
        ClusterEvent r => OtherName(key, StateKeys.Events, "event", r.Id),
        _ => null,
    };

    private static string? OtherName(string key, string prefix, string kind, string name) =>
        key.StartsWith(prefix, StringComparison.Ordinal) && key.AsSpan(prefix.Length) is var expected && !expected.SequenceEqual(name)
            ? $"it is for {kind} '{name}', its key is for '{expected}'"
            : null;
}
