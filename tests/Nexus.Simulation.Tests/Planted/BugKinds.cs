using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Nexus.Simulation.Tests.Consul;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Planted;

/// <summary>A bug in what managers write: it changes their transactions on the way.</summary>
internal abstract class TransactionBug : PlantedBug
{
    public override byte[] Request(SimProcess caller, string path, byte[] body)
    {
        if (path != "/v1/txn" || caller.Name[0] != 'm')
        {
            return body;
        }

        var operations = JsonNode.Parse(body)!.AsArray();
        return Change(caller, operations) ? Encoding.UTF8.GetBytes(operations.ToJsonString()) : body;
    }

    protected abstract bool Change(SimProcess caller, JsonArray operations);

    protected static string? Verb(JsonNode operation) => (string?)operation["KV"]!["Verb"];

    protected static bool Unfence(JsonArray operations)
    {
        foreach (var operation in operations.Where(o => Verb(o!) == "cas"))
        {
            operation!["KV"]!["Verb"] = "set";
        }

        return true;
    }

    protected static bool ChangeAssignments(JsonArray operations, Func<JsonNode, bool> change) => ChangeValues(operations, "nexus/desired/", change);

    protected static bool ChangeValues(JsonArray operations, string prefix, Func<JsonNode, bool> change)
    {
        var changed = false;
        foreach (var operation in operations)
        {
            var kv = operation!["KV"]!;
            if (((string?)kv["Key"])!.StartsWith(prefix, StringComparison.Ordinal) && (string?)kv["Value"] is { Length: > 0 } value)
            {
                var document = JsonNode.Parse(Convert.FromBase64String(value))!;
                if (change(document))
                {
                    kv["Value"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(document.ToJsonString()));
                    changed = true;
                }
            }
        }

        return changed;
    }
}

/// <summary>A bug in what processes make of what they read: it changes the answers on their way.</summary>
internal abstract class AnswerBug : PlantedBug
{
    protected static SimAnswer ChangeValues(
        SimProcess caller, SimCall call, SimAnswer answer, string prefix, char kind, Func<string, string> change)
    {
        if (caller.Name[0] != kind || answer.Status != HttpStatusCode.OK || call.IsWrite
            || !(call.Path == "/v1/txn" || call.Path.StartsWith("/v1/kv/" + prefix, StringComparison.Ordinal)))
        {
            return answer;
        }

        var body = JsonNode.Parse(answer.Body)!;
        var pairs = call.Path == "/v1/txn" ? body["Results"]!.AsArray().Select(r => r!["KV"]!) : body.AsArray().Select(p => p!);
        foreach (var pair in pairs.Where(p => ((string?)p["Key"])!.StartsWith(prefix, StringComparison.Ordinal)))
        {
            if ((string?)pair["Value"] is { Length: > 0 } value)
            {
                try
                {
                    var text = change(Encoding.UTF8.GetString(Convert.FromBase64String(value)));
                    pair["Value"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
                }
                catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException or NullReferenceException)
                {
                    // A damaged record stays as it is.
                }
            }
        }

        return answer with { Body = Encoding.UTF8.GetBytes(body.ToJsonString()) };
    }
}
