using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Shapes;

/// <summary>Damages and deletes records of the cluster in Consul, behind the backs of those who write them, and repairs what people must.</summary>
internal sealed class RecordFaults(SimCluster cluster)
{
    private static readonly string[] Spared = ["nexus/events/", "nexus/requests/"];

    /// <summary>Whether the change that <see cref="Consul.KeyValues.Changed"/> tells of is one of these.</summary>
    public bool IsSpoiling { get; private set; }

    /// <summary>Whether the lock of the leader was ever deleted, so that its index counts from one again.</summary>
    public bool LockWasDeleted { get; private set; }

    /// <summary>Whether the record of routes, or a spec that it refers to, was ever lost: what a pool without a place in the spec is made of
    /// may not be known any more.</summary>
    public bool RoutesWereSpoiled { get; private set; }

    /// <summary>Spoils one record, any but the spared; null when there is none.</summary>
    public string? Spoil(Chance chance)
    {
        var kinds = cluster.Consul.Keys.Entries.Keys.Where(k => k.StartsWith("nexus/", StringComparison.Ordinal) && !Array.Exists(Spared, s => k.StartsWith(s, StringComparison.Ordinal)))
            .GroupBy(KindOf).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.ToList()).ToList();
        if (kinds.Count == 0)
        {
            return null;
        }

        var key = chance.Of(chance.Of(kinds));
        var before = cluster.Consul.Keys.Find(key)!.Value;
        var how = chance.Between(1, 8);
        RoutesWereSpoiled |= key == "nexus/routes" || key.StartsWith("nexus/spec/", StringComparison.Ordinal);
        IsSpoiling = true;
        try
        {
            if (how <= 2)
            {
                LockWasDeleted |= key == "nexus/leader";
                cluster.Consul.Keys.Delete(key);
                cluster.World.Log("fault", $"{key} is deleted");
            }
            else
            {
                cluster.Consul.Keys.Set(key, Damaged(before, how, chance));
                cluster.World.Log("fault", $"{key} is damaged ({how})");
            }
        }
        finally
        {
            IsSpoiling = false;
        }

        return key;
    }

    /// <summary>Whether a record is there and holds what its key is for.</summary>
    public bool IsWell(string key)
    {
        try
        {
            return cluster.Consul.Keys.Find(key) is { } entry && JsonNode.Parse(entry.Value) is JsonObject json
                && !json.ContainsKey("formatVersion") && (string?)json["node"] != "elsewhere";
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string KindOf(string key) => key.StartsWith("nexus/spec/", StringComparison.Ordinal) ? "nexus/spec/" : key[..(key.LastIndexOf('/') + 1)];

    private static byte[] Damaged(byte[] value, int how, Chance chance) => how switch
    {
        3 => [],
        4 => "null"u8.ToArray(),
        5 => value[..chance.Between(0, Math.Max(0, value.Length - 2))],
        6 => Encoding.UTF8.GetBytes("\u0000\u0001 no record"),
        7 => Encoding.UTF8.GetBytes("""{"formatVersion":2,"shape":"of a newer version"}"""),
        _ => Encoding.UTF8.GetBytes("""{"node":"elsewhere","epoch":9,"generation":9}"""),
    };
}
