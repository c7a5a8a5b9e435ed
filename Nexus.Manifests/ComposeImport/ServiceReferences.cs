using Nexus.Core.Spec.Sections;

namespace Nexus.Manifests.ComposeImport;

/// <summary>Says of the hosts in a text which of them are services, and what has to be done for each to be found.</summary>
internal sealed class ServiceReferences(SpecCursor service, ServiceSurroundings surroundings)
{
    /// <summary>Warns at a place of the services it names. The same in short, as a comment; null where there are none.</summary>
    public string? Report(IEnumerable<HostReference> hosts, SpecCursor at)
    {
        var uses = hosts.Select(host => (Service: Resolve(host.Host), host.Port)).Where(use => use.Service is not null)
            .Select(use => (Service: use.Service!, use.Port)).Distinct().ToList();
        var portless = new SortedDictionary<string, int?>(StringComparer.Ordinal);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        var said = new List<string>();
        foreach (var (name, port) in uses)
        {
            if (!surroundings.Services.TryGetValue(name, out var outline))
            {
                said.Add($"names the service {name}, which is left out");
            }
            else if (outline.Ports.IsEmpty)
            {
                portless[name] = port ?? portless.GetValueOrDefault(name);
            }
            else if (port is { } asked && asked != outline.Ports[0])
            {
                said.Add($"names the service {name} at port {asked}, which its pool does not serve: worker_pools.{outline.Pool} has port {outline.Ports[0]}, and a pool has one");
            }
            else
            {
                found.Add(name);
            }
        }

        if (portless.Count > 0)
        {
            said.Add($"names the service{S(portless.Count)} {Join(portless.Keys)}, which {(portless.Count == 1 ? "has" : "have")} no port and cannot be reached: add "
                + Join(portless.Select(one => $"port:{(one.Value is { } port ? $" {port}" : "")} to worker_pools.{surroundings.Services[one.Key].Pool}")));
        }

        if (found.Count > 0)
        {
            said.Add($"names the service{S(found.Count)} {Join(found)}, found as {Join(found.Select(FoundAs))} at the port that the catalog entry says");
        }

        if (said.Count == 0)
        {
            return null;
        }

        at.Warn(string.Join("; ", said));
        return string.Join("; ", portless.Keys.Select(name => $"{name} has no port, so it cannot be reached: add port to pool {surroundings.Services[name].Pool}")
            .Concat(found.Select(name => $"{name} is found as {FoundAs(name)}"))) is { Length: > 0 } comment ? comment : said[0];
    }

    private string FoundAs(string name) => $"{surroundings.Services[name].Pool}.service.consul";

    // By its name, another that it has on its networks, or one that this service gave it by links.
    private string? Resolve(string host)
    {
        var name = host.TrimEnd('.');
        name = name.StartsWith("tasks.", StringComparison.OrdinalIgnoreCase) ? name["tasks.".Length..] : name;
        var linked = ComposeValue.Texts(service with { Problems = new ProblemList() }, "links").Select(link => link.Text.Split(':'))
            .FirstOrDefault(link => link.Length == 2 && Same(link[1], name))?[0];
        return Known(linked ?? name)
            ?? surroundings.Services.FirstOrDefault(other => other.Value.Aliases.Any(alias => Same(alias, name))).Key;
    }

    private string? Known(string name) => surroundings.Services.Keys.Concat(surroundings.LeftOut.Keys).FirstOrDefault(other => Same(other, name));

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private static string S(int count) => count == 1 ? "" : "s";

    private static string Join(IEnumerable<string> parts) => string.Join(" and ", parts);
}
