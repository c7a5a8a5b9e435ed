using System.Globalization;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>The ports of a service. A pool has one, TCP, and at most one fixed port of the node.</summary>
internal sealed class ServicePorts(SpecCursor service, PoolDraft pool)
{
    private const string Forms = "a port such as 80, 8080:80 or 127.0.0.1:8080:80, or a map with target and published";

    /// <summary>Sets the pool's port, and says which it is; null where there is none.</summary>
    public int? Read(int replicas)
    {
        var ports = ComposeValue.At(service, "ports") is { } list
            ? ComposeValue.Items(list, "a list of ports").Select(Of).OfType<Port>().ToList()
            : [];
        foreach (var udp in ports.Where(port => port.Protocol != "tcp"))
        {
            udp.At.Warn($"is not carried over: a pool serves TCP, not {udp.Protocol}");
        }

        ports.RemoveAll(port => port.Protocol != "tcp");
        foreach (var (text, at) in ComposeValue.Texts(service, "expose"))
        {
            if (Whole(text.Replace("/tcp", "", StringComparison.Ordinal)) is not { } exposed)
            {
                at.Refuse("a port such as 8080");
            }
            else if (ports.TrueForAll(port => port.Target != exposed))
            {
                ports.Add(new Port(at, exposed, null, null, "tcp"));
            }
        }

        if (ports.Count == 0)
        {
            return null;
        }

        foreach (var other in ports.Skip(1))
        {
            other.At.Warn($"port {other.Target} is not carried over: a pool has one port, {ports[0].Target}");
        }

        pool.Set("port", ports[0].Target, ports[0].At);
        Publish(ports[0], replicas);
        return ports[0].Target;
    }

    private void Publish(Port port, int replicas)
    {
        if (port.HostAddress is not null and not "0.0.0.0")
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

    private static Port? Of(SpecCursor at)
    {
        if (at.Node is SpecMapping)
        {
            ComposeKeys.Port.Judge(at);
            var published = ComposeValue.Text(at, "published");
            return ComposeValue.Whole(at, "target") is { } target
                ? Made(at, target.ToString(CultureInfo.InvariantCulture), published, ComposeValue.Text(at, "host_ip"), ComposeValue.Text(at, "protocol") ?? "tcp")
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

    private static Port? Made(SpecCursor at, string target, string? published, string? host, string protocol)
    {
        var (first, isRange) = First(target);
        var (from, isChoice) = published is { Length: > 0 } ? First(published) : (null, false);
        if (first is null || (published is { Length: > 0 } && from is null))
        {
            return Refused(at);
        }

        if (isRange || isChoice)
        {
            at.Warn(isRange
                ? $"found a range; a pool has one port, {first}" : "found a range of ports of the node; any free one is taken");
        }

        return new Port(at, first.Value, isChoice && !isRange ? null : from, host, protocol);
    }

    private static (int? First, bool IsRange) First(string text) =>
        (Whole(text.Split('-')[0]), text.Contains('-'));

    private static int? Whole(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static Port? Refused(SpecCursor? at)
    {
        at?.Refuse(Forms);
        return null;
    }

    private sealed record Port(SpecCursor At, int Target, int? Published, string? HostAddress, string Protocol);
}
