using System.Text.Json;

namespace Nexus.Simulation.Tests.Checking;

/// <summary>An allocation as the checker reads it from the raw documents.</summary>
internal sealed record RawAllocation(string Id, string Pool, string Revision, string Desired, string Reason);

/// <summary>A node's assignment.</summary>
internal sealed record RawAssignment(string Node, ulong Epoch, ulong Generation, IReadOnlyList<RawAllocation> Allocations);

/// <summary>What a node said it acted on.</summary>
internal sealed record RawObservation(string Node, string? Store, ulong Epoch, ulong Generation);

/// <summary>A rollout.</summary>
internal sealed record RawRollout(string Pool, long Number, string Phase, string Target, string TargetImage, string? Stable, string? StableImage, string Reason);

/// <summary>A gateway's word.</summary>
internal sealed record RawGateway(string Name, IReadOnlySet<string> Pools, IReadOnlyDictionary<string, (int Attempt, bool Takes, int InFlight)> Destinations, IReadOnlyDictionary<string, bool> Nodes);

/// <summary>Reads Nexus's documents without any of Nexus's code.</summary>
internal static class RawReader
{
    public static RawAssignment Assignment(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new RawAssignment(
            Text(root, "node"), Number(root, "epoch"), Number(root, "generation"),
            [.. Items(root, "allocations").Select(a => new RawAllocation(
                Text(a, "id"), Text(a, "pool"), Text(a, "revision"), Text(a, "desired", "Run"), Text(a, "reason")))]);
    }

    public static RawObservation Observation(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new RawObservation(Text(root, "node"), Text(root, "store") is { Length: > 0 } store ? store : null, Number(root, "epoch"), Number(root, "generation"));
    }

    public static string StoreId(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        return Text(document.RootElement, "id");
    }

    public static RawRollout Rollout(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var target = root.GetProperty("target");
        var stable = root.TryGetProperty("stable", out var s) && s.ValueKind == JsonValueKind.Object ? s : (JsonElement?)null;
        return new RawRollout(
            Text(root, "pool"), (long)Number(root, "number"), Text(root, "phase", "Stable"),
            Text(target, "revision"), Image(target), stable is { } known ? Text(known, "revision") : null, stable is { } old ? Image(old) : null,
            Text(root, "reason"));
    }

    public static RawGateway Gateway(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new RawGateway(
            Text(root, "gateway"),
            Items(root, "pools").Select(p => p.GetString()!).ToHashSet(StringComparer.Ordinal),
            Items(root, "destinations").ToDictionary(
                d => Text(d, "allocation"),
                d => ((int)Number(d, "attempt"), d.TryGetProperty("takesRequests", out var takes) && takes.GetBoolean(), (int)Number(d, "inFlight")),
                StringComparer.Ordinal),
            Items(root, "nodes").ToDictionary(
                n => Text(n, "node"), n => n.TryGetProperty("reachable", out var reachable) && reachable.GetBoolean(), StringComparer.Ordinal));
    }

    private static string Image(JsonElement revision) => revision.TryGetProperty("template", out var template) ? Text(template, "image") : "";

    private static IEnumerable<JsonElement> Items(JsonElement json, string name) =>
        json.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array ? [.. items.EnumerateArray()] : [];

    private static string Text(JsonElement json, string name, string otherwise = "") =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : otherwise;

    private static ulong Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetUInt64() : 0;
}
