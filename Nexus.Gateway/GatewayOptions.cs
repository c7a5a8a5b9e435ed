using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;
using Nexus.Gateway.Limits;

namespace Nexus.Gateway;

/// <summary>How one gateway process is set up. What it routes is the spec's business.</summary>
internal sealed class GatewayOptions : IValidatableObject
{
    public const string Section = "Gateway";

    /// <summary>Unique among the gateways; names it in Consul.</summary>
    [Required]
    public string Name { get; set; } = Environment.MachineName.ToLowerInvariant();

    /// <summary>Where traffic comes in, separated by semicolons; null means <c>ASPNETCORE_URLS</c>, else port 8080.</summary>
    public string? Urls { get; set; }

    /// <summary>Where health, metrics and the routing table are shown. Not for the public.</summary>
    public Uri AdminUrl { get; set; } = new("http://127.0.0.1:8081");

    /// <summary>Address under which the catalog lists this gateway; null leaves it to the Consul agent.</summary>
    public string? Address { get; set; }

    /// <summary>Proxies in front, as addresses or networks, whose X-Forwarded headers are believed.</summary>
    public string[] TrustedProxies { get; set; } = [];

    /// <summary>Where the last known good routing is kept.</summary>
    [Required]
    public string StateDirectory { get; set; } = DefaultStateDirectory;

    /// <summary>Largest request body in bytes; null leaves the limit to the replicas. Bodies are streamed, never kept.</summary>
    [Range(0, long.MaxValue)]
    public long? MaxRequestBodySize { get; set; }

    /// <summary>Connections of clients at once, WebSockets aside.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 20_000;

    /// <summary>Runs requests on the threads that poll their sockets: fewer hops, but any code that blocks stalls a socket
    /// thread. Off until a measurement on the machine in question says otherwise, see docs/gateway.md.</summary>
    public bool InlineScheduling { get; set; }

    /// <summary>How long a gateway that stops goes on accepting, saying that it leaves, so that clients and whatever balances them
    /// find another; then it finishes what is under way.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan StopNotice { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How much one client may ask.</summary>
    [ValidateObjectMembers]
    public LimitsOptions Limits { get; set; } = new();

    /// <summary>How requests reach the replicas.</summary>
    [ValidateObjectMembers]
    public UpstreamOptions Upstream { get; set; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (AdminUrl is not { IsAbsoluteUri: true, Scheme: "http", PathAndQuery: "/", Port: > 0 })
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(AdminUrl)} is '{AdminUrl}'; it must be http://host:port, without a path.", [nameof(AdminUrl)]);
        }

        foreach (var proxy in TrustedProxies.Where(proxy => !IPNetwork.TryParse(proxy, out _) && !IPAddress.TryParse(proxy, out _)))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(TrustedProxies)} has '{proxy}'; allowed are addresses (10.0.0.5) and networks (10.0.0.0/24).",
                [nameof(TrustedProxies)]);
        }
    }

    private static string DefaultStateDirectory =>
        Environment.GetEnvironmentVariable("STATE_DIRECTORY") is { Length: > 0 } ours // systemd's StateDirectory=
            ? ours
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "nexus", "gateway");
}

/// <summary>How requests reach the replicas.</summary>
internal sealed class UpstreamOptions
{
    /// <summary>How long connecting to a replica may take before another is asked.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long an idle connection is kept: less than common servers keep theirs (Node.js 5 s), for a request on a
    /// connection that the other side is just closing fails.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a request may go without a byte in either direction; not for WebSockets.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "24:00:00")]
    public TimeSpan ActivityTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>How long a replica may take to begin its answer, where the route does not say; null leaves it to
    /// <see cref="ActivityTimeout"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "24:00:00")]
    public TimeSpan? ResponseHeaderTimeout { get; set; }

    /// <summary>Largest headers of a replica's answer, all together, in bytes; counted in steps of 1 KiB. Larger ones are answered 502.</summary>
    [Range(1024, 16 << 20)]
    public int ResponseHeadersSize { get; set; } = 64 << 10;
}

/// <summary>Refuses options that cannot work, naming each wrong value.</summary>
[OptionsValidator]
internal sealed partial class GatewayOptionsValidator : IValidateOptions<GatewayOptions>;
