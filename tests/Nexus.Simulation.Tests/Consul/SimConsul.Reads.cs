using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Nexus.Simulation.Tests.Consul;

/// <summary>Reads, blocking ones included.</summary>
internal sealed partial class SimConsul
{
    private void Read(SimCall call, Func<ulong> index, Func<(HttpStatusCode, byte[])> render)
    {
        var now = index();
        if (!call.Query.TryGetValue("index", out var text)
            || !ulong.TryParse(text, CultureInfo.InvariantCulture, out var known) || known == 0 || now > known)
        {
            var (status, body) = render();
            call.Answer(new SimAnswer(status, body, now));
            return;
        }

        var waiting = new Waiting(call, known, index, render);
        _waiting.Add(waiting);
        _world.After(WaitOf(call), () =>
        {
            if (_waiting.Remove(waiting) && Reaches(call))
            {
                var (status, body) = render();
                call.Answer(new SimAnswer(status, body, index()));
            }
        });
    }

    private void Wake()
    {
        for (var i = 0; i < _waiting.Count; i++)
        {
            var waiting = _waiting[i];
            if (waiting.Call.Abandoned || waiting.Call.Caller.Dead)
            {
                _waiting.RemoveAt(i--);
            }
            else if (_hasLeader && Reaches(waiting.Call) && waiting.Index() > waiting.Known)
            {
                _waiting.RemoveAt(i--);
                var (status, body) = waiting.Render();
                waiting.Call.Answer(new SimAnswer(status, body, waiting.Index()));
            }
        }
    }

    private static bool Reaches(SimCall call) => call.Caller.Machine is { Up: true, Isolated: false, ConsulUp: true };

    private static TimeSpan WaitOf(SimCall call) =>
        call.Query.TryGetValue("wait", out var wait) && wait.EndsWith("ms", StringComparison.Ordinal)
            ? TimeSpan.FromMilliseconds(double.Parse(wait[..^2], CultureInfo.InvariantCulture))
            : TimeSpan.FromMinutes(5);

    private (HttpStatusCode, byte[]) ChecksOfNode(string name) => (HttpStatusCode.OK, ConsulJsonText.Write(json =>
    {
        json.WriteStartArray();
        if (Catalog.Nodes.TryGetValue(name, out var node))
        {
            WriteChecks(json, node, _ => true);
        }

        json.WriteEndArray();
    }));

    private (HttpStatusCode, byte[]) ServiceNames() => (HttpStatusCode.OK, ConsulJsonText.Write(json =>
    {
        json.WriteStartObject();
        foreach (var name in Catalog.Nodes.Values.SelectMany(n => n.Services.Values).Select(s => s.Name).Distinct(StringComparer.Ordinal))
        {
            json.WriteStartArray(name);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }));

    private static void WriteChecks(Utf8JsonWriter json, CatalogNode node, Func<CatalogCheck, bool> which)
    {
        ConsulJsonText.Check(json, node.Name, node.Serf);
        foreach (var check in node.Checks.Values.Where(which))
        {
            ConsulJsonText.Check(json, node.Name, check);
        }
    }

    private sealed record Waiting(SimCall Call, ulong Known, Func<ulong> Index, Func<(HttpStatusCode, byte[])> Render);
}
