using System.Globalization;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>A port that a service names.</summary>
/// <param name="At">Where it is written.</param>
/// <param name="Target">The port in the container.</param>
/// <param name="Published">The port of the node, if it is fixed.</param>
/// <param name="HostAddress">The address of the node, if it is given.</param>
/// <param name="Protocol">TCP or another, in lower case.</param>
internal sealed record ServicePort(SpecCursor At, int Target, int? Published, string? HostAddress, string Protocol)
{
    /// <summary>What is spoken on it, in lower case; null where the file does not say.</summary>
    public string? AppProtocol { get; init; }
}

/// <summary>The ports of a service. A pool has one, TCP, and at most one fixed port of the node.</summary>
internal sealed class ServicePorts(SpecCursor service, PoolDraft pool)
{
    private const string Forms = "a port such as 80, 8080:80 or 127.0.0.1:8080:80, or a map with target and published";
    private const string ExposedForms = "a port such as 8080";

    /// <summary>Sets the pool's port, and says which it is; null where there is none.</summary>
    /// <param name="replicas">How many share it.</param>
    /// <param name="asked">The ports that other services ask it at.</param>
    public int? Read(int replicas, IReadOnlyCollection<int> asked)
    {
        var ports = Find(service);
        if (ports.Count == 0)
        {
            var wanted = asked.Count > 0 ? $"add port: {asked.First()} to its pool, which others ask for" : "add port: to its pool, unless it serves nobody";
            service.Warn($"has no port, neither under ports nor under expose, so others cannot reach it: {wanted}");
            pool.Remark("image", $"has no port, so others cannot reach it: {(asked.Count > 0 ? $"add port: {asked.First()}, which others ask for" : "add port, unless it serves nobody")}");
            return null;
        }

        foreach (var other in ports.Skip(1))
        {
            other.At.Warn($"port {other.Target} is not carried over: a pool has one port, {ports[0].Target}"
                + (asked.Contains(other.Target) ? $"; others ask for {other.Target}" : ""));
        }

        pool.Set("port", ports[0].Target, ports[0].At);
        SetProtocol(ports[0]);
        Publish(ports[0], replicas);
        return ports[0].Target;
    }

    /// <summary>The TCP ports, published ones first. What is wrong is reported.</summary>
    public static List<ServicePort> Find(SpecCursor service)
    {
        var ports = ComposeValue.At(service, "ports") is { } list
            ? ComposeValue.Items(list, "a list of ports").Select(Of).OfType<ServicePort>().GroupBy(port => (port.Target, port.Protocol)).Select(PublishedOf).ToList()
            : [];
        foreach (var exposed in ComposeValue.Texts(service, "expose").Select(port => Exposed(port.Text, port.At)).OfType<ServicePort>())
        {
            if (!ports.Exists(port => port.Target == exposed.Target && port.Protocol == exposed.Protocol))
            {
                ports.Add(exposed);
            }
        }

        foreach (var udp in ports.Where(port => port.Protocol != "tcp"))
        {
            udp.At.Warn($"is not carried over: a pool serves TCP, not {udp.Protocol}");
        }

        return ports.FindAll(port => port.Protocol == "tcp");
    }

    // Of one port that is named several times, what is fixed on the node counts.
    private static ServicePort PublishedOf(IEnumerable<ServicePort> same)
    {
        var ports = same.ToList();
        var chosen = ports.Find(port => port.Published is not null) ?? ports[0];
        foreach (var other in ports.Where(port => port != chosen && port.Published is not null && port.Published != chosen.Published))
        {
            other.At.Warn($"port {other.Published} of the node is not carried over: a pool has one there, {chosen.Published}");
        }

        return chosen;
    }

    private void SetProtocol(ServicePort port)
    {
        switch (port.AppProtocol)
        {
            case "h2c" or "http2" or "grpc" or "kubernetes.io/h2c":
                pool.Set("protocol", "h2c", port.At.Child("app_protocol"));
                break;
            case null or "http" or "http1" or "http/1.1" or "tcp" or "ws" or "kubernetes.io/ws":
                break;
            default:
                port.At.Child("app_protocol").Warn($"{Excerpt.Cut(port.AppProtocol)} is not carried over: gateways speak http1 or h2c to a pool, without TLS");
                break;
        }
    }

    private void Publish(ServicePort port, int replicas)
    {
        if (port.HostAddress is not (null or "" or "0.0.0.0" or "::" or "[::]"))
        {
            port.At.Warn($"{port.HostAddress} is not carried over: ports are bound to the address that the worker agent publishes on");
        }

        if (port.Published is { } published && replicas > 1)
        {
            port.At.Warn($"port {published} of the node is not carried over, since {replicas} replicas share it: reach the pool through the gateway");
        }
        else if (port.Published is { } one)
        {
            pool.Set("host_port", one, port.At, "binds one replica to a node, which stops before its successor starts; without it, the gateway routes here");
        }
    }

    private static ServicePort? Exposed(string text, SpecCursor at) => text.Split('/') switch
    {
        [var port, var protocol] => Made(at, port, null, null, protocol, ExposedForms),
        _ => Made(at, text, null, null, "tcp", ExposedForms),
    };

    private static ServicePort? Of(SpecCursor at)
    {
        if (at.Node is SpecMapping)
        {
            ComposeKeys.Port.Judge(at);
            var published = ComposeValue.Text(at, "published");
            return ComposeValue.Whole(at, "target") is { } target
                ? Made(at, target.ToString(CultureInfo.InvariantCulture), published, ComposeValue.Text(at, "host_ip"), ComposeValue.Text(at, "protocol") ?? "tcp") is { } port
                    ? port with { AppProtocol = ComposeValue.Text(at, "app_protocol")?.ToLowerInvariant() }
                    : null
                : Refused(at.Has("target") ? null : at);
        }

        if (at.Node is not SpecScalar { Kind: not ScalarKind.Null } scalar)
        {
            return Refused(at);
        }

        var (ports, protocol) = scalar.Text.Split('/') switch
        {
            [var before, var after] => (before, after),
            _ => (scalar.Text, "tcp"),
        };
        var end = ports.LastIndexOf(':');
        var rest = end < 0 ? "" : ports[..end];
        var middle = rest.EndsWith(']') ? -1 : rest.LastIndexOf(':');
        return rest.EndsWith(']')
            ? Refused(at)
            : Made(at, ports[(end + 1)..], end < 0 ? null : rest[(middle + 1)..], middle < 0 ? null : rest[..middle], protocol);
    }

    private static ServicePort? Made(
        SpecCursor at, string target, string? published, string? host, string protocol, string allowed = Forms)
    {
        var (first, isRange) = First(target);
        var (from, isChoice) = published is { Length: > 0 } ? First(published) : (null, false);
        if (first is null || (published is { Length: > 0 } && from is null))
        {
            return Refused(at, allowed);
        }

        if (isRange || isChoice)
        {
            at.Warn(isRange
                ? $"found a range; a pool has one port, {first}, and the others are not carried over" : "found a range of ports of the node; any free one is taken");
        }

        return new ServicePort(at, first.Value, (isChoice && !isRange) || from == 0 ? null : from, host, protocol.ToLowerInvariant());
    }

    private static (int? First, bool IsRange) First(string text) =>
        (Whole(text.Split('-')[0]), text.Contains('-'));

    private static int? Whole(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static ServicePort? Refused(SpecCursor? at, string allowed = Forms)
    {
        at?.Refuse(allowed);
        return null;
    }
}
