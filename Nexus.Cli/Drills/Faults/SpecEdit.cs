using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nexus.Cli.Drills.Faults;

/// <summary>
/// Changes single keys of one pool in a spec document and leaves the rest as it is. Comments are lost, so the result is for the
/// drill only; the original text is what is applied again afterwards.
/// </summary>
internal sealed class SpecEdit
{
    private readonly YamlStream _stream = [];
    private readonly YamlMappingNode _pool;

    public SpecEdit(string yaml, string pool)
    {
        _stream.Load(new StringReader(yaml));
        var root = (YamlMappingNode)_stream.Documents[0].RootNode;
        var pools = Own(root, "worker_pools");
        _pool = Own(pools, pool);
    }

    public SpecEdit Set(string key, string value) => Put(_pool, key, new YamlScalarNode(value) { Style = ScalarStyle.DoubleQuoted });

    /// <summary>Replaces how many replicas there are; the most grows with it.</summary>
    public SpecEdit Replicas(int count)
    {
        var most = Find(_pool, "max_replicas") is YamlScalarNode { Value: { } text } && int.TryParse(text, CultureInfo.InvariantCulture, out var max) ? max : count;
        Put(_pool, "min_replicas", Number(count));
        return Put(_pool, "max_replicas", Number(Math.Max(count, most)));
    }

    public SpecEdit Variable(string name, string value) =>
        Put(Own(_pool, "env"), name, new YamlScalarNode(value) { Style = ScalarStyle.DoubleQuoted });

    /// <summary>Sets <c>NAME=VALUE</c>; a name alone is set to 1.</summary>
    public SpecEdit Variable(string assignment)
    {
        var parts = assignment.Split('=', 2);
        return Variable(parts[0], parts.Length > 1 ? parts[1] : "1");
    }

    /// <summary>Has it checked as a pool without <c>health</c> is: by a TCP connect. How often and how long stays.</summary>
    public SpecEdit DefaultCheck()
    {
        var health = Own(_pool, "health");
        foreach (var key in new[] { "type", "path", "command" })
        {
            health.Children.Remove(new YamlScalarNode(key));
        }

        return this;
    }

    /// <summary>Replaces what is run, in a container and, where the pool has a process, as one too.</summary>
    public SpecEdit Command(params string[] words)
    {
        if (Find(_pool, "process") is not null)
        {
            Put(Own(_pool, "process"), "command", Words(words));
        }

        return Find(_pool, "image") is null ? this : Put(_pool, "command", Words(words));
    }

    public override string ToString()
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        _stream.Save(text, assignAnchors: false);
        return text.ToString();
    }

    private static YamlSequenceNode Words(string[] words) =>
        new(words.Select(w => new YamlScalarNode(w) { Style = ScalarStyle.DoubleQuoted }));

    private static YamlScalarNode Number(int value) => new(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>The value under a key, its own or merged in by <c>&lt;&lt;</c>.</summary>
    private static YamlNode? Find(YamlMappingNode map, string key)
    {
        if (map.Children.TryGetValue(new YamlScalarNode(key), out var own))
        {
            return own;
        }

        map.Children.TryGetValue(new YamlScalarNode("<<"), out var others);
        return others switch
        {
            YamlMappingNode merged => Find(merged, key),
            YamlSequenceNode several => several.OfType<YamlMappingNode>().Select(m => Find(m, key)).FirstOrDefault(v => v is not null),
            _ => null,
        };
    }

    /// <summary>The mapping under a key as a copy of its own, so that nobody who shares it by an alias changes with it.</summary>
    private static YamlMappingNode Own(YamlMappingNode map, string key)
    {
        var own = new YamlMappingNode();
        if (Find(map, key) is YamlMappingNode shared)
        {
            foreach (var (name, value) in shared.Children)
            {
                own.Add(name, value);
            }
        }

        map.Children[new YamlScalarNode(key)] = own;
        return own;
    }

    private SpecEdit Put(YamlMappingNode map, string key, YamlNode value)
    {
        map.Children[new YamlScalarNode(key)] = value;
        return this;
    }
}
