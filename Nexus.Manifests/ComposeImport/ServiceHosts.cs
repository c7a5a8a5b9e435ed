using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>By which names the services of a file find each other. Names of hosts have no case.</summary>
internal sealed class ServiceHosts
{
    private readonly Dictionary<string, string> _services = new(StringComparer.OrdinalIgnoreCase);

    private ServiceHosts()
    {
    }

    /// <summary>The names of all services: a service's own has precedence over another's alias.</summary>
    public static ServiceHosts Compute(SpecCursor services, SpecMapping map)
    {
        var hosts = new ServiceHosts();
        foreach (var entry in map.Entries)
        {
            hosts._services.TryAdd(entry.Name, entry.Name);
        }

        foreach (var entry in map.Entries)
        {
            foreach (var alias in ServiceMentions.Aliases(services.Enter(entry)))
            {
                hosts._services.TryAdd(alias, entry.Name);
            }
        }

        return hosts;
    }

    /// <summary>The service that <paramref name="user"/> finds by a name; null where none is found.</summary>
    public string? Find(SpecCursor user, string host)
    {
        const string tasks = "tasks.";
        var name = host.TrimEnd('.');
        name = name.StartsWith(tasks, StringComparison.OrdinalIgnoreCase) ? name[tasks.Length..] : name;
        var linked = ComposeValue.Texts(user with { Problems = new ProblemList() }, "links").Select(link => link.Text.Split(':'))
            .FirstOrDefault(link => link.Length == 2 && string.Equals(link[1], name, StringComparison.OrdinalIgnoreCase))?[0];
        return _services.GetValueOrDefault(linked ?? name);
    }

    /// <summary>Every use of a service by another, with the port it is asked at, where that is known.</summary>
    public IEnumerable<(string Service, int? Port)> Uses(SpecCursor services, SpecMapping map, ComposeSource source) =>
        map.Entries.SelectMany(entry => ServiceMentions.Of(services.Enter(entry), source)
            .Select(reference => (Service: Find(services.Enter(entry), reference.Host), reference.Port))
            .Where(use => use.Service is not null && use.Service != entry.Name)
            .Select(use => (use.Service!, use.Port)));
}
