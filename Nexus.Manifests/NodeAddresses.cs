using System.Collections.Immutable;

namespace Nexus.Manifests;

/// <summary>A topology with the addresses a person gave, or everything that keeps it from being one.</summary>
/// <param name="Topology">The topology; null when there are problems.</param>
/// <param name="Problems">What is wrong, one sentence each.</param>
public sealed record NodeAddressesResult(ClusterTopology? Topology, ImmutableArray<string> Problems);

/// <summary>
/// Reads the addresses of machines: <c>manager-1=10.0.0.5, worker-1=10.0.0.6</c>. Entries are separated by commas or line ends, and
/// <c>#</c> begins a comment, so that an argument and a file look alike. Pure; no text makes it throw.
/// </summary>
public static class NodeAddresses
{
    /// <summary>Puts the addresses of <paramref name="text"/> in place of the topology's own: of all machines, or of none.</summary>
    public static NodeAddressesResult Read(string text, ClusterTopology topology)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(topology);
        var problems = ImmutableArray.CreateBuilder<string>();
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (line, entry) in Entries(text))
        {
            ReadEntry(line, entry, topology, given, problems);
        }

        var missing = topology.Machines.Where(m => !given.ContainsKey(m.Name)).Select(m => m.Name).ToList();
        if (problems.Count == 0 && given.Count > 0 && missing.Count > 0)
        {
            problems.Add($"nodes: found no address for {string.Join(", ", missing)}; every machine of the topology {topology.Name} needs one.");
        }

        var changed = topology with
        {
            Machines = [.. topology.Machines.Select(m => given.TryGetValue(m.Name, out var address) ? m with { Address = address } : m)],
        };
        problems.AddRange(problems.Count == 0 ? TopologyRules.FindProblems(changed) : []);
        return new NodeAddressesResult(problems.Count == 0 ? changed : null, problems.ToImmutable());
    }

    private static IEnumerable<(int Line, string Entry)> Entries(string text) =>
        text.Split('\n').SelectMany((line, index) => line.Split('#')[0]
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(entry => (index + 1, entry)));

    private static void ReadEntry(
        int line, string entry, ClusterTopology topology, Dictionary<string, string> given, ImmutableArray<string>.Builder problems)
    {
        var names = string.Join(", ", topology.Machines.Select(m => m.Name));
        if (entry.Split('=', StringSplitOptions.TrimEntries) is not [var name, var address] || name.Length == 0 || address.Length == 0)
        {
            problems.Add($"nodes, line {line}: found '{entry}'; it must be NAME=ADDRESS, such as {topology.Machines[0].Name}=10.0.0.5.");
        }
        else if (!topology.Machines.Any(m => m.Name == name))
        {
            problems.Add($"nodes, line {line}: found the machine '{name}'; the topology {topology.Name} has {names}.");
        }
        else if (!TopologyRules.IsPrivateAddress(address))
        {
            problems.Add($"nodes, line {line}: found '{address}' for {name}; it must be {TopologyRules.AddressDescription}.");
        }
        else if (!given.TryAdd(name, address))
        {
            problems.Add($"nodes, line {line}: {name} is named twice ({given[name]} and {address}).");
        }
    }
}
