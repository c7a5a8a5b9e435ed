using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Consul;

/// <summary>A check as the servers know it.</summary>
internal sealed record CatalogCheck(string Id, string Name, string ServiceId, string ServiceName, string Status, string Output);

/// <summary>A node as the servers know it.</summary>
internal sealed class CatalogNode(string name, string address)
{
    public string Name => name;

    public string Address => address;

    public bool Answers { get; set; } = true;

    public SortedDictionary<string, SimService> Services { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, CatalogCheck> Checks { get; } = new(StringComparer.Ordinal);

    public CatalogCheck Serf => new("serfHealth", "Serf Health Status", "", "", Answers ? "passing" : "critical", "");
}

/// <summary>The servers' catalog: what the agents last told them, with an index for each service and node.</summary>
internal sealed class Catalog(Func<ulong> nextIndex)
{
    private readonly Dictionary<string, ulong> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _nodes = new(StringComparer.Ordinal);

    public SortedDictionary<string, CatalogNode> Nodes { get; } = new(StringComparer.Ordinal);

    public ulong ServicesIndex { get; private set; } = 1;

    public ulong IndexOfService(string name) => _services.GetValueOrDefault(name, 1UL);

    public ulong IndexOfNode(string name) => _nodes.GetValueOrDefault(name, 1UL);

    public CatalogNode NodeOf(SimMachine machine)
    {
        if (!Nodes.TryGetValue(machine.Name, out var node))
        {
            Nodes[machine.Name] = node = new CatalogNode(machine.Name, machine.Address);
        }

        return node;
    }

    /// <summary>Takes over what an agent holds; returns the checks that turned critical or went.</summary>
    public List<string> Sync(LocalAgent agent)
    {
        var node = NodeOf(agent.Machine);
        var touched = new HashSet<string>(StringComparer.Ordinal);
        var bad = new List<string>();
        foreach (var gone in node.Services.Values.Where(s => !agent.Services.ContainsKey(s.Id)).ToList())
        {
            node.Services.Remove(gone.Id);
            touched.Add(gone.Name);
        }

        foreach (var (id, service) in agent.Services)
        {
            if (!node.Services.TryGetValue(id, out var before) || !ReferenceEquals(before, service))
            {
                node.Services[id] = service;
                touched.Add(service.Name);
            }
        }

        foreach (var gone in node.Checks.Values.Where(c => !agent.Checks.ContainsKey(c.Id)).ToList())
        {
            node.Checks.Remove(gone.Id);
            touched.Add(gone.ServiceName);
            bad.Add(gone.Id);
        }

        foreach (var check in agent.Checks.Values)
        {
            var now = new CatalogCheck(check.Id, check.Name, check.ServiceId, check.ServiceName, check.Status, check.Output);
            if (node.Checks.GetValueOrDefault(check.Id) != now)
            {
                if (now.Status == "critical")
                {
                    bad.Add(check.Id);
                }

                node.Checks[check.Id] = now;
                touched.Add(check.ServiceName);
            }
        }

        if (touched.Count > 0)
        {
            Touch(node.Name, touched);
        }

        return bad;
    }

    public void SetAnswers(string name, bool answers)
    {
        var node = Nodes[name];
        node.Answers = answers;
        Touch(name, node.Services.Values.Select(s => s.Name).Distinct(StringComparer.Ordinal));
    }

    /// <summary>Loses what it was told.</summary>
    public void Empty()
    {
        _services.Clear();
        _nodes.Clear();
        ServicesIndex = 1;
        foreach (var node in Nodes.Values)
        {
            node.Services.Clear();
            node.Checks.Clear();
        }
    }

    private void Touch(string node, IEnumerable<string> services)
    {
        var index = nextIndex();
        _nodes[node] = index;
        ServicesIndex = index;
        foreach (var service in services)
        {
            _services[service] = index;
        }
    }
}
