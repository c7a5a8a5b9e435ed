using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A port that a resource listens on, and the address that others reach it by.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    private string? _transport;

    /// <summary>Declares an endpoint; what is left out follows from the rest.</summary>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="uriScheme">The scheme of its URL; the protocol's name when unset.</param>
    /// <param name="transport">What is spoken on it; http for the http schemes, else the protocol's name.</param>
    /// <param name="name">Unique within the resource; the scheme when unset.</param>
    /// <param name="port">The public port; any free one when unset.</param>
    /// <param name="targetPort">The port that the resource itself listens on.</param>
    /// <param name="isExternal">Whether it is open to the world in production.</param>
    /// <param name="isProxied">Whether something may stand in front of the resource.</param>
    public EndpointAnnotation(
        ProtocolType protocol,
        string? uriScheme = null,
        string? transport = null,
        string? name = null,
        int? port = null,
        int? targetPort = null,
        bool? isExternal = null,
        bool? isProxied = null)
    {
        Protocol = protocol;
        UriScheme = uriScheme ?? protocol.ToString().ToLowerInvariant();
        Name = ResourceName.Validated(name ?? UriScheme);
        _transport = transport;
        Port = port;
        TargetPort = targetPort ?? (isProxied == false ? port : null);
        IsExternal = isExternal ?? false;
        IsProxied = isProxied ?? true;
    }

    /// <summary>Unique within the resource.</summary>
    public string Name { get; set; }

    /// <summary>TCP or UDP.</summary>
    public ProtocolType Protocol { get; set; }

    /// <summary>The public port; any free one when unset.</summary>
    public int? Port { get; set; }

    /// <summary>The port that the resource itself listens on: inside the container, or on this machine.</summary>
    public int? TargetPort { get; set; }

    /// <summary>The scheme of the endpoint's URL.</summary>
    public string UriScheme { get; set; }

    /// <summary>The address that the resource binds to: localhost, or 0.0.0.0 for every interface.</summary>
    public string TargetHost { get; set; } = "localhost";

    /// <summary>What is spoken on the endpoint: http, http2, tcp …</summary>
    public string Transport
    {
        get => _transport ?? (UriScheme is "http" or "https" ? "http" : Protocol.ToString().ToLowerInvariant());
        set => _transport = value;
    }

    /// <summary>Whether it is open to the world in production.</summary>
    public bool IsExternal { get; set; }

    /// <summary>Whether something may stand in front of the resource; otherwise it listens on the public port itself.</summary>
    public bool IsProxied { get; set; }

    /// <summary>Where the endpoint really is; set before any resource starts.</summary>
    public AllocatedEndpoint? AllocatedEndpoint { get; set; }
}

/// <summary>Where an endpoint really is.</summary>
/// <param name="endpoint">The declaration.</param>
/// <param name="address">The host that others use.</param>
/// <param name="port">The public port.</param>
/// <param name="targetPortExpression">The resource's own port, or what stands for it when every replica has another.</param>
public class AllocatedEndpoint(EndpointAnnotation endpoint, string address, int port, string? targetPortExpression = null)
{
    /// <summary>The declaration.</summary>
    public EndpointAnnotation Endpoint { get; } = endpoint;

    /// <summary>The host that others use.</summary>
    public string Address { get; } = address;

    /// <summary>The public port.</summary>
    public int Port { get; } = port;

    /// <summary>The resource's own port, or what stands for it when every replica has another.</summary>
    public string? TargetPortExpression { get; } = targetPortExpression;

    /// <summary>The scheme of the endpoint's URL.</summary>
    public string UriScheme => Endpoint.UriScheme;

    /// <summary>Host and port.</summary>
    public string EndPointString => $"{Address}:{Port}";

    /// <summary>The address as a URL.</summary>
    public string UriString => $"{UriScheme}://{EndPointString}";

    /// <inheritdoc />
    public override string ToString() => UriString;
}
