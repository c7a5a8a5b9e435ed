using System.Net;
using System.Text.Json;

namespace Nexus.Simulation.Tests.Consul;

/// <summary>The endpoints that Nexus uses.</summary>
internal sealed partial class SimConsul
{
    private void Kv(SimCall call, string key)
    {
        switch (call.Method)
        {
            case "GET" when call.Query.ContainsKey("recurse"):
                Read(call, () => Keys.IndexOf(key), () =>
                {
                    var found = Keys.Entries.Where(e => e.Key.StartsWith(key, StringComparison.Ordinal)).ToList();
                    return found.Count == 0 ? (HttpStatusCode.NotFound, []) : (HttpStatusCode.OK, ConsulJsonText.Pairs(found));
                });
                break;
            case "GET":
                Read(call, () => Keys.IndexOf(key), () => Keys.Find(key) is { } entry
                    ? (HttpStatusCode.OK, ConsulJsonText.Pairs([new(key, entry)]))
                    : (HttpStatusCode.NotFound, []));
                break;
            case "PUT":
                Put(call, key);
                break;
            case "DELETE" when call.Query.ContainsKey("recurse"):
                foreach (var gone in Keys.Entries.Keys.Where(k => k.StartsWith(key, StringComparison.Ordinal)).ToList())
                {
                    Keys.Delete(gone);
                }

                call.Answer(SimAnswer.Ok("true"));
                break;
            default:
                var matches = !call.Query.TryGetValue("cas", out var cas) || (Keys.Find(key)?.Modified ?? 0) == ulong.Parse(cas);
                if (matches)
                {
                    Keys.Delete(key);
                }

                call.Answer(SimAnswer.Ok(matches ? "true" : "false"));
                break;
        }
    }

    private void Put(SimCall call, string key)
    {
        var taken = true;
        if (call.Query.TryGetValue("cas", out var cas))
        {
            taken = Keys.CompareAndSet(key, call.Body, ulong.Parse(cas));
        }
        else if (call.Query.TryGetValue("acquire", out var session))
        {
            if (!Sessions.Exists(session))
            {
                call.Answer(SimAnswer.Error(HttpStatusCode.InternalServerError, "invalid session \"" + session + "\""));
                return;
            }

            taken = Keys.Acquire(key, call.Body, session);
        }
        else if (call.Query.TryGetValue("release", out var holder))
        {
            taken = Keys.Release(key, call.Body, holder);
        }
        else
        {
            Keys.Set(key, call.Body);
        }

        call.Answer(SimAnswer.Ok(taken ? "true" : "false"));
    }

    private void Session(SimCall call, string rest)
    {
        if (rest == "create")
        {
            using var body = JsonDocument.Parse(call.Body);
            var root = body.RootElement;
            string[] checks = root.TryGetProperty("Checks", out var named)
                ? [.. named.EnumerateArray().Select(c => c.GetString()!)]
                : ["serfHealth"];
            var node = Catalog.NodeOf(call.Caller.Machine);
            var critical = checks.FirstOrDefault(c => c == "serfHealth" ? !node.Answers : node.Checks.GetValueOrDefault(c)?.Status is null or "critical");
            if (critical is not null)
            {
                call.Answer(SimAnswer.Error(HttpStatusCode.InternalServerError, $"Check '{critical}' is in critical state"));
                return;
            }

            var delete = root.TryGetProperty("Behavior", out var behavior) && behavior.GetString() == "delete";
            call.Answer(SimAnswer.Ok($"{{\"ID\":\"{Sessions.Create(node.Name, checks, delete, call.Caller.Name)}\"}}"));
            return;
        }

        var id = rest[(rest.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (rest.StartsWith("destroy/", StringComparison.Ordinal))
        {
            Sessions.End(id);
            call.Answer(SimAnswer.Ok("true"));
        }
        else if (rest.StartsWith("info/", StringComparison.Ordinal))
        {
            call.Answer(new SimAnswer(HttpStatusCode.OK, Sessions.Describe(id)));
        }
        else if (rest.StartsWith("renew/", StringComparison.Ordinal))
        {
            call.Answer(Sessions.Exists(id) ? SimAnswer.Ok("[]") : SimAnswer.Error(HttpStatusCode.NotFound, "Session id not found"));
        }
        else
        {
            throw new NotSupportedException($"The simulated Consul does not know session/{rest}.");
        }
    }

    private void HealthOfService(SimCall call, string name) => Read(call, () => Catalog.IndexOfService(name), () =>
    {
        var hidden = EmptyLists > 0 && _chance.In(EmptyLists);
        return (HttpStatusCode.OK, ConsulJsonText.Write(json =>
        {
            json.WriteStartArray();
            foreach (var node in Catalog.Nodes.Values.Where(_ => !hidden))
            {
                foreach (var service in node.Services.Values.Where(s => s.Name == name))
                {
                    json.WriteStartObject();
                    json.WritePropertyName("Node");
                    ConsulJsonText.Node(json, node.Name, node.Address);
                    json.WritePropertyName("Service");
                    ConsulJsonText.Service(json, service);
                    json.WriteStartArray("Checks");
                    WriteChecks(json, node, c => c.ServiceId == service.Id);
                    json.WriteEndArray();
                    json.WriteEndObject();
                }
            }

            json.WriteEndArray();
        }));
    });

    private static void Agent(SimCall call, LocalAgent agent)
    {
        var path = call.Path["/v1/agent/".Length..];
        if (path == "self")
        {
            var self = new { Config = new { NodeName = agent.Machine.Name, NodeID = "id", Datacenter = "dc1", Version = "1.8.7", Server = false } };
            call.Answer(new SimAnswer(HttpStatusCode.OK, JsonSerializer.SerializeToUtf8Bytes(self)));
        }
        else if (path == "services")
        {
            call.Answer(new SimAnswer(HttpStatusCode.OK, AgentJson.Services(agent)));
        }
        else if (path == "checks")
        {
            call.Answer(new SimAnswer(HttpStatusCode.OK, AgentJson.Checks(agent)));
        }
        else if (path == "service/register")
        {
            var (service, checks) = AgentJson.ReadRegistration(call.Body, agent);
            agent.Register(service, checks, call.Query.ContainsKey("replace-existing-checks"));
            call.Answer(SimAnswer.Ok(""));
        }
        else if (path.StartsWith("service/deregister/", StringComparison.Ordinal))
        {
            agent.Deregister(path["service/deregister/".Length..]);
            call.Answer(SimAnswer.Ok(""));
        }
        else if (path.StartsWith("service/maintenance/", StringComparison.Ordinal))
        {
            var known = agent.Maintain(
                path["service/maintenance/".Length..], call.Query["enable"] == "true", call.Query.GetValueOrDefault("reason", ""));
            call.Answer(known ? SimAnswer.Ok("") : SimAnswer.Error(HttpStatusCode.NotFound, "Unknown service"));
        }
        else if (path.StartsWith("check/update/", StringComparison.Ordinal))
        {
            using var body = JsonDocument.Parse(call.Body);
            var known = agent.Report(
                path["check/update/".Length..], body.RootElement.GetProperty("Status").GetString()!, body.RootElement.GetProperty("Output").GetString()!);
            call.Answer(known
                ? SimAnswer.Ok("")
                : SimAnswer.Error(HttpStatusCode.InternalServerError, "CheckID does not have associated TTL"));
        }
        else
        {
            throw new NotSupportedException($"The simulated Consul does not know agent/{path}.");
        }
    }
}

/// <summary>The JSON of a local agent.</summary>
internal static class AgentJson
{
    public static byte[] Services(LocalAgent agent) => ConsulJsonText.Write(json =>
    {
        json.WriteStartObject();
        foreach (var service in agent.Services.Values)
        {
            json.WritePropertyName(service.Id);
            ConsulJsonText.Service(json, service);
        }

        json.WriteEndObject();
    });

    public static byte[] Checks(LocalAgent agent) => ConsulJsonText.Write(json =>
    {
        json.WriteStartObject();
        foreach (var check in agent.Checks.Values)
        {
            json.WritePropertyName(check.Id);
            ConsulJsonText.Check(
                json, agent.Machine.Name, new CatalogCheck(check.Id, check.Name, check.ServiceId, check.ServiceName, check.Status, check.Output));
        }

        json.WriteEndObject();
    });

    public static (SimService Service, List<SimCheck> Checks) ReadRegistration(byte[] body, LocalAgent agent)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var meta = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (root.TryGetProperty("Meta", out var metas))
        {
            foreach (var entry in metas.EnumerateObject())
            {
                meta[entry.Name] = entry.Value.GetString()!;
            }
        }

        var service = new SimService(
            root.GetProperty("ID").GetString()!,
            root.GetProperty("Name").GetString()!,
            Text(root, "Address") ?? "",
            root.TryGetProperty("Port", out var port) ? port.GetInt32() : 0,
            root.TryGetProperty("Tags", out var tags) ? [.. tags.EnumerateArray().Select(t => t.GetString()!)] : [],
            meta);
        return (service, root.TryGetProperty("Checks", out var checks)
            ? [.. checks.EnumerateArray().Select(c => ReadCheck(c, service, agent))]
            : []);
    }

    private static SimCheck ReadCheck(JsonElement json, SimService service, LocalAgent agent)
    {
        var id = json.GetProperty("CheckID").GetString()!;

        // Consul keeps what it last found of a check that is registered again.
        var known = agent.Checks.GetValueOrDefault(id);
        return new SimCheck
        {
            Id = id,
            Name = Text(json, "Name") ?? id,
            ServiceId = service.Id,
            ServiceName = service.Name,
            Status = known?.Status ?? Text(json, "Status") ?? "critical",
            Output = known?.Output ?? "",
            Http = Text(json, "HTTP"),
            Tcp = Text(json, "TCP"),
            Ttl = Duration(json, "TTL"),
            Interval = Duration(json, "Interval") ?? TimeSpan.FromSeconds(10),
            Timeout = Duration(json, "Timeout") ?? TimeSpan.FromSeconds(10),
            NeedsGood = json.TryGetProperty("SuccessBeforePassing", out var good) ? good.GetInt32() : 1,
            NeedsBad = json.TryGetProperty("FailuresBeforeCritical", out var bad) ? bad.GetInt32() : 1,
        };
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static TimeSpan? Duration(JsonElement json, string name) => Text(json, name) is { } text
        ? TimeSpan.FromMilliseconds(double.Parse(text.AsSpan()[..^2]))
        : null;
}
