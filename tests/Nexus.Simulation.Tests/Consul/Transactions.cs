using System.Text.Json;

namespace Nexus.Simulation.Tests.Consul;

/// <summary>Transactions: all or nothing.</summary>
internal static class Transactions
{
    /// <summary>Whether it changes nothing, whatever it finds.</summary>
    public static bool IsRead(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.EnumerateArray().All(o => o.GetProperty("KV").GetProperty("Verb").GetString() is "get" or "get-tree");
    }

    public static (bool Committed, byte[] Body) Execute(KeyValues keys, Sessions sessions, byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        var operations = document.RootElement.EnumerateArray().Select(o => Read(o.GetProperty("KV"))).ToList();

        // Checks of a transaction see what its own earlier writes did; ours never write what they check.
        var refusals = operations.Select((o, i) => (Why: Refusal(keys, sessions, o), Index: i)).Where(r => r.Why is not null).ToList();
        if (refusals.Count > 0)
        {
            return (false, ConsulJsonText.Write(json =>
            {
                json.WriteStartObject();
                json.WriteNull("Results");
                json.WriteStartArray("Errors");
                foreach (var (why, index) in refusals)
                {
                    json.WriteStartObject();
                    json.WriteNumber("OpIndex", index);
                    json.WriteString("What", why);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }));
        }

        foreach (var operation in operations)
        {
            Apply(keys, operation);
        }

        return (true, ConsulJsonText.Write(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("Results");
            foreach (var (key, entry) in operations.Where(o => o.Verb == "get-tree")
                .SelectMany(o => keys.Entries.Where(e => e.Key.StartsWith(o.Key, StringComparison.Ordinal))))
            {
                json.WriteStartObject();
                json.WritePropertyName("KV");
                ConsulJsonText.Pair(json, key, entry, withValue: true);
                json.WriteEndObject();
            }

            foreach (var operation in operations.Where(o => o.Verb is "set" or "cas" or "get" or "lock" or "unlock" or "check-index" or "check-session"))
            {
                if (keys.Find(operation.Key) is { } entry)
                {
                    json.WriteStartObject();
                    json.WritePropertyName("KV");
                    ConsulJsonText.Pair(json, operation.Key, entry, withValue: operation.Verb == "get");
                    json.WriteEndObject();
                }
            }

            json.WriteEndArray();
            json.WriteNull("Errors");
            json.WriteEndObject();
        }));
    }

    private static string? Refusal(KeyValues keys, Sessions sessions, Operation o)
    {
        var entry = keys.Find(o.Key);
        var fits = o.Verb switch
        {
            "set" or "delete" or "get-tree" => true,
            "cas" => (entry?.Modified ?? 0) == o.Index,
            "delete-cas" => (entry?.Modified ?? 0) == o.Index,
            "check-session" => entry?.Session is { } session && session == o.Session,
            "check-index" => entry?.Modified == o.Index,
            "check-not-exists" => entry is null,
            "get" => entry is not null,
            "lock" => sessions.Exists(o.Session!) && (entry?.Session is null || entry.Session == o.Session),
            "unlock" => entry?.Session == o.Session,
            _ => throw new NotSupportedException($"The simulated Consul does not know the verb {o.Verb}."),
        };
        return fits ? null : $"{o.Verb} of {o.Key} failed";
    }

    private static void Apply(KeyValues keys, Operation o)
    {
        switch (o.Verb)
        {
            case "set" or "cas":
                keys.Set(o.Key, o.Value);
                break;
            case "delete" or "delete-cas":
                keys.Delete(o.Key);
                break;
            case "lock":
                keys.Acquire(o.Key, o.Value, o.Session!);
                break;
            case "unlock":
                keys.Release(o.Key, o.Value, o.Session!);
                break;
            default:
                break;
        }
    }

    private static Operation Read(JsonElement json) => new(
        json.GetProperty("Verb").GetString()!,
        json.GetProperty("Key").GetString()!,
        json.TryGetProperty("Value", out var value) && value.ValueKind == JsonValueKind.String ? value.GetBytesFromBase64() : [],
        json.TryGetProperty("Index", out var index) ? index.GetUInt64() : 0,
        json.TryGetProperty("Session", out var session) ? session.GetString() : null);

    private sealed record Operation(string Verb, string Key, byte[] Value, ulong Index, string? Session);
}
