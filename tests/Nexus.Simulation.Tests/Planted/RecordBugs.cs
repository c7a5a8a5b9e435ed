using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nexus.Simulation.Tests.Consul;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Planted;

/// <summary>Managers take a node whose description is missing or cannot be read for one that was removed, with all that is known of it.</summary>
internal sealed class UnreadableMeansRemoved : PlantedBug
{
    private static readonly string[] Prefixes = ["nexus/nodes/", "nexus/desired/", "nexus/observed/", "nexus/eligibility/"];

    public override string Name => "unreadable-means-removed";

    public override SimAnswer Answer(SimProcess caller, SimCall call, SimAnswer answer)
    {
        if (caller.Name[0] != 'm' || call.IsWrite || call.Path != "/v1/txn" || answer.Status != HttpStatusCode.OK)
        {
            return answer;
        }

        var body = JsonNode.Parse(answer.Body)!;
        var results = body["Results"]!.AsArray();
        var known = results.Select(r => r!["KV"]!).Where(p => Key(p).StartsWith(Prefixes[0], StringComparison.Ordinal) && RecordText.IsObject(p))
            .Select(p => Key(p)[Prefixes[0].Length..]).ToHashSet(StringComparer.Ordinal);
        results.RemoveAll(r => Array.Find(Prefixes, p => Key(r!["KV"]!).StartsWith(p, StringComparison.Ordinal)) is { } prefix
            && !known.Contains(Key(r!["KV"]!)[prefix.Length..]));
        return answer with { Body = Encoding.UTF8.GetBytes(body.ToJsonString()) };
    }

    private static string Key(JsonNode pair) => (string)pair["Key"]!;
}

/// <summary>Leaders count the generations of an assignment from one again after its record could not be read.</summary>
internal sealed class CountsAgain : TransactionBug
{
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);

    public override string Name => "counts-again";

    public override SimAnswer Answer(SimProcess caller, SimCall call, SimAnswer answer)
    {
        if (caller.Name[0] == 'm' && !call.IsWrite && call.Path == "/v1/txn" && answer.Status == HttpStatusCode.OK)
        {
            foreach (var pair in JsonNode.Parse(answer.Body)!["Results"]!.AsArray().Select(r => r!["KV"]!))
            {
                if ((string?)pair["Key"] is { } key && key.StartsWith("nexus/desired/", StringComparison.Ordinal) && !RecordText.IsObject(pair))
                {
                    _unreadable.Add(key["nexus/desired/".Length..]);
                }
            }
        }

        return answer;
    }

    protected override bool Change(SimProcess caller, JsonArray operations) => ChangeAssignments(operations, assignment =>
    {
        if (!_unreadable.Remove((string)assignment["node"]!))
        {
            return false;
        }

        assignment["generation"] = 1;
        return true;
    });
}

/// <summary>Looks into the text of a record, without any of Nexus's code.</summary>
internal static class RecordText
{
    /// <summary>Whether the value of a pair is a JSON object without a format of its own.</summary>
    public static bool IsObject(JsonNode pair)
    {
        try
        {
            return (string?)pair["Value"] is { Length: > 0 } value
                && JsonNode.Parse(Convert.FromBase64String(value)) is JsonObject json && !json.ContainsKey("formatVersion");
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
