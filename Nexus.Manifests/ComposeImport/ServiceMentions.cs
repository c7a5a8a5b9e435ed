using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Values;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>What services say of each other, read before any of them becomes a pool. Reports nothing.</summary>
internal static class ServiceMentions
{
    /// <summary>The hosts that a service names in its variables, those of files too, its labels, its command and its health check.</summary>
    public static IEnumerable<HostReference> Of(SpecCursor service, ComposeSource source) =>
        ServiceVariables.Read(service with { Problems = new ProblemList() }, source).SelectMany(variable => HostReferences.In(variable.Key, variable.Value.Value))
            .Concat(Labels(service).SelectMany(label => HostReferences.In(label.Name, label.Value)))
            .Concat(CommandHosts.In(Words(service, "entrypoint"))).Concat(CommandHosts.In(Words(service, "command")))
            .Concat(CommandHosts.In(Words(service.Child("healthcheck"), "test")));

    /// <summary>The words of a command in either form.</summary>
    public static List<string> Words(SpecCursor map, string key) => !map.Has(key) ? [] : map.Child(key).Node switch
    {
        SpecScalar { Kind: not ScalarKind.Null } line when key == "test" => ShellWords.Split(line.Text) ?? [.. line.Text.Split(' ')], // a shell runs it
        SpecScalar { Kind: not ScalarKind.Null } line => ComposeWords.Split(line.Text) is { } split ? [.. split.Words] : [.. line.Text.Split(' ')],
        SpecSequence list => [.. list.Items.OfType<SpecScalar>().Select(word => word.Text)],
        _ => [],
    };

    /// <summary>The names that others may find a service by, besides its own.</summary>
    public static IEnumerable<string> Aliases(SpecCursor service)
    {
        if (service.Has("container_name") && service.Child("container_name").Node is SpecScalar { Text.Length: > 0 } name)
        {
            yield return name.Text;
        }

        if (!service.Has("networks") || service.Child("networks").Node is not SpecMapping networks)
        {
            yield break;
        }

        foreach (var alias in networks.Entries.Select(entry => (entry.Value as SpecMapping)?.Find("aliases")?.Value).OfType<SpecSequence>()
            .SelectMany(list => list.Items).OfType<SpecScalar>())
        {
            yield return alias.Text;
        }
    }

    /// <summary>The services that one depends on, with the condition of each.</summary>
    public static IEnumerable<(string Service, string Condition)> Dependencies(SpecCursor service) => !service.Has("depends_on") ? []
        : service.Child("depends_on").Node switch
        {
            SpecMapping map => map.Entries.Select(entry =>
                (entry.Name, (entry.Value as SpecMapping)?.Find("condition")?.Value is SpecScalar condition ? condition.Text : "service_started")),
            SpecSequence list => list.Items.OfType<SpecScalar>().Select(item => (item.Text, "service_started")),
            _ => [],
        };

    /// <summary>The services, or names of containers, that a service cannot be without: it shares their network or volumes, or has a link to them.</summary>
    public static IEnumerable<string> Attachments(SpecCursor service)
    {
        var quiet = service with { Problems = new ProblemList() };
        if (ComposeValue.Text(quiet, "network_mode")?.Split(':', 2) is ["service" or "container", var sharer])
        {
            yield return sharer;
        }

        foreach (var (text, _) in ComposeValue.Texts(quiet, "volumes_from"))
        {
            yield return text.Split(':') is ["container", var container, ..] ? container : text.Split(':')[0];
        }

        foreach (var (text, _) in ComposeValue.Texts(quiet, "links"))
        {
            yield return text.Split(':')[0];
        }
    }

    /// <summary>The labels of a service, in either form.</summary>
    public static IEnumerable<(string Name, string Value)> Labels(SpecCursor service) => !service.Has("labels") ? []
        : service.Child("labels").Node switch
        {
            SpecMapping map => map.Entries.Where(entry => entry.Value is SpecScalar).Select(entry => (entry.Name, ((SpecScalar)entry.Value).Text)),
            SpecSequence list => list.Items.OfType<SpecScalar>().Select(item => item.Text.Split('=', 2)).Where(parts => parts.Length == 2)
                .Select(parts => (parts[0], parts[1])),
            _ => [],
        };
}
