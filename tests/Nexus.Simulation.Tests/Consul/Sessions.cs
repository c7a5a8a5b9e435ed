using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Consul;

/// <summary>Sessions: they end with one of their checks, and their locks with them.</summary>
internal sealed class Sessions(World world, KeyValues keys)
{
    private readonly SortedDictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private int _number;

    public bool Exists(string id) => _sessions.ContainsKey(id);

    public string Create(string node, string[] checks, bool delete, string owner)
    {
        var id = $"session-{++_number:D5}";
        _sessions[id] = new Session(node, checks, delete, owner);
        return id;
    }

    /// <summary>Name of the process that made it; null when it is gone.</summary>
    public string? OwnerOf(string id) => _sessions.GetValueOrDefault(id)?.Owner;

    public byte[] Describe(string id) => ConsulJsonText.Write(json =>
    {
        json.WriteStartArray();
        if (_sessions.TryGetValue(id, out var session))
        {
            json.WriteStartObject();
            json.WriteString("ID", id);
            json.WriteString("Node", session.Node);
            json.WriteNumber("LockDelay", 0);
            json.WriteString("Behavior", session.Delete ? "delete" : "release");
            json.WriteStartArray("Checks");
            foreach (var check in session.Checks)
            {
                json.WriteStringValue(check);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public void EndAll(string node, string check)
    {
        foreach (var id in _sessions.Where(s => s.Value.Node == node && s.Value.Checks.Contains(check)).Select(s => s.Key).ToList())
        {
            world.Log("consul", $"ends {id} of {_sessions[id].Owner}: {check}");
            End(id);
        }
    }

    public void End(string id)
    {
        if (!_sessions.Remove(id, out var session))
        {
            return;
        }

        foreach (var key in keys.Entries.Where(e => e.Value.Session == id).Select(e => e.Key).ToList())
        {
            if (session.Delete)
            {
                keys.Delete(key);
            }
            else
            {
                keys.Unlock(key);
            }
        }
    }

    /// <summary>Loses all of them, as servers do with their disks.</summary>
    public void Empty() => _sessions.Clear();

    private sealed record Session(string Node, string[] Checks, bool Delete, string Owner);
}
