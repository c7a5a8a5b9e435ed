using System.Collections.Immutable;
using Nexus.Core.Spec;
using Nexus.Manifests.Ports;

namespace Nexus.Manifests.Parts;

/// <summary>What the services are told by their environment, under the names by which they read it. Secrets are not among it.</summary>
internal static class PartSettings
{
    /// <summary>The variables of one part, sorted by name.</summary>
    /// <param name="part">The part.</param>
    /// <param name="host">The machine's address, as it stands in a URL.</param>
    /// <param name="name">The machine's name.</param>
    /// <param name="spec">The spec.</param>
    /// <param name="options">The options.</param>
    public static ImmutableSortedDictionary<string, string> Compute(
        NexusPart part, string host, string name, ClusterSpec spec, BundleOptions options)
    {
        var settings = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        settings["Consul__Address"] = $"http://127.0.0.1:{PortMatrix.ConsulHttp}";
        settings.AddRange(part.Role switch
        {
            MachineRoles.Manager => Orchestrator(host, name, options),
            MachineRoles.Gateway => Gateway(host, name, options),
            _ => Worker(host, name, spec, options),
        });
        foreach (var (key, value) in options.Environment)
        {
            settings[key] = value;
        }

        return settings.ToImmutable();
    }

    /// <summary>Where a part says how it fares. A gateway without a spec has nothing to route and is well all the same.</summary>
    public static string HealthUrl(NexusPart part, string host) => part.Role switch
    {
        MachineRoles.Manager => $"http://127.0.0.1:{PortMatrix.Api}/health",
        MachineRoles.Gateway => $"http://{host}:{PortMatrix.GatewayAdmin}/alive",
        _ => $"http://127.0.0.1:{PortMatrix.Worker}/health",
    };

    /// <summary>An address as it stands in a URL.</summary>
    public static string HostOf(string address) => address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;

    private static Dictionary<string, string> Orchestrator(string host, string name, BundleOptions options) => new()
    {
        ["ASPNETCORE_URLS"] = $"http://{host}:{PortMatrix.Api};http://127.0.0.1:{PortMatrix.Api}",
        ["Orchestrator__Name"] = name,
        ["Orchestrator__ApiAddress"] = $"http://{host}:{PortMatrix.Api}",
        ["Orchestrator__Profile"] = options.FastNetwork ? "Fast" : "Standard",
    };

    private static Dictionary<string, string> Gateway(string host, string name, BundleOptions options)
    {
        var settings = new Dictionary<string, string>
        {
            ["Gateway__Name"] = name,
            ["Gateway__Urls"] = $"http://*:{options.GatewayPort}",
            ["Gateway__AdminUrl"] = $"http://{host}:{PortMatrix.GatewayAdmin}",
            ["Gateway__Address"] = host.Trim('[', ']'),
        };
        var proxies = options.TrustedProxies.IsDefault ? [] : options.TrustedProxies;
        for (var i = 0; i < proxies.Length; i++)
        {
            settings[$"Gateway__TrustedProxies__{i}"] = proxies[i];
        }

        return settings;
    }

    private static Dictionary<string, string> Worker(string host, string name, ClusterSpec spec, BundleOptions options) => new()
    {
        ["ASPNETCORE_URLS"] = $"http://{host}:{PortMatrix.Worker};http://127.0.0.1:{PortMatrix.Worker}",
        ["Worker__Name"] = name,
        ["Worker__Address"] = host.Trim('[', ']'),
        ["Worker__ApiAddress"] = $"http://{host}:{PortMatrix.Worker}",
        ["Worker__Cluster"] = spec.Cluster,
        ["Worker__Runtime"] = options.Runtime == ReplicaRuntime.Docker ? "Docker" : "Process",
    };
}
