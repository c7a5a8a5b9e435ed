using System.Buffers;
using System.Text.Json;

namespace Nexus.Simulation.Tests.Consul;

/// <summary>Consul's JSON, written by hand: the client under test must read what Consul writes, not what it writes itself.</summary>
internal static class ConsulJsonText
{
    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            write(json);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Pairs(IEnumerable<KeyValuePair<string, Entry>> pairs) => Write(json =>
    {
        json.WriteStartArray();
        foreach (var (key, entry) in pairs)
        {
            Pair(json, key, entry);
        }

        json.WriteEndArray();
    });

    public static void Pair(Utf8JsonWriter json, string key, Entry entry, bool withValue = true)
    {
        json.WriteStartObject();
        json.WriteNumber("LockIndex", entry.Locked);
        json.WriteString("Key", key);
        json.WriteNumber("Flags", 0);
        if (withValue && entry.Value.Length > 0)
        {
            json.WriteBase64String("Value", entry.Value);
        }
        else
        {
            json.WriteNull("Value");
        }

        if (entry.Session is { } session)
        {
            json.WriteString("Session", session);
        }

        json.WriteNumber("CreateIndex", entry.Created);
        json.WriteNumber("ModifyIndex", entry.Modified);
        json.WriteEndObject();
    }

    public static void Service(Utf8JsonWriter json, SimService service)
    {
        json.WriteStartObject();
        json.WriteString("ID", service.Id);
        json.WriteString("Service", service.Name);
        json.WriteString("Address", service.Address);
        json.WriteNumber("Port", service.Port);
        json.WriteStartArray("Tags");
        foreach (var tag in service.Tags)
        {
            json.WriteStringValue(tag);
        }

        json.WriteEndArray();
        json.WriteStartObject("Meta");
        foreach (var (key, value) in service.Meta)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static void Node(Utf8JsonWriter json, string name, string address)
    {
        json.WriteStartObject();
        json.WriteString("ID", "id-" + name);
        json.WriteString("Node", name);
        json.WriteString("Address", address);
        json.WriteString("Datacenter", "dc1");
        json.WriteNull("Meta");
        json.WriteEndObject();
    }

    public static void Check(Utf8JsonWriter json, string node, CatalogCheck check)
    {
        json.WriteStartObject();
        json.WriteString("Node", node);
        json.WriteString("CheckID", check.Id);
        json.WriteString("Name", check.Name);
        json.WriteString("Status", check.Status);
        json.WriteString("Notes", "");
        json.WriteString("Output", check.Output);
        json.WriteString("ServiceID", check.ServiceId);
        json.WriteString("ServiceName", check.ServiceName);
        json.WriteEndObject();
    }
}
