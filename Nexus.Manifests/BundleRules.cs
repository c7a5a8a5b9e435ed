using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Manifests.Compose;
using Nexus.Manifests.Ports;

namespace Nexus.Manifests;

/// <summary>What must hold before a bundle is made.</summary>
public static partial class BundleRules
{
    /// <summary>Milliseconds; none of the patterns can take long.</summary>
    private const int MatchLimit = 1000;

    /// <summary>Everything that keeps a bundle from being made, one sentence each with what was found and what is allowed.</summary>
    public static ImmutableArray<string> FindProblems(
        ClusterSpec spec, ClusterTopology topology, DeploymentTarget target, BundleOptions options)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(options);
        return
        [
            .. TopologyRules.FindProblems(topology),
            .. TextProblems(options),
            .. DigestProblems(options),
            .. PortProblems(spec, topology, options),
            .. NetworkProblems("TrustedProxies", options.TrustedProxies),
            .. NetworkProblems("AdminNetworks", options.AdminNetworks),
            .. options.Environment.OrderBy(it => it.Key, StringComparer.Ordinal).SelectMany(it => VariableProblems(it.Key, it.Value)),
            .. RuntimeProblems(spec, target, options),
        ];
    }

    /// <summary>Whether a variable's name says that its value is for nobody's eyes.</summary>
    public static bool LooksLikeSecret(string name) => Secret().IsMatch(name);

    private static IEnumerable<string> TextProblems(BundleOptions options)
    {
        if (options.Architecture is not ("arm64" or "amd64"))
        {
            yield return $"Architecture: found '{options.Architecture}'; allowed are arm64 and amd64.";
        }

        if (!NameRules.IsValid(options.Datacenter))
        {
            yield return $"Datacenter: found '{options.Datacenter}'; it must be {NameRules.Description}.";
        }

        if (!UserName().IsMatch(options.SshUser))
        {
            yield return $"SshUser: found '{options.SshUser}'; it must be the name of a user, such as root.";
        }

        foreach (var (name, value) in new[] { ("Version", options.Version), ("ImageTag", options.ImageTag ?? options.Version) })
        {
            if (!Tag().IsMatch(value))
            {
                yield return $"{name}: found '{value}'; it must be a tag: letters, digits, dots, dashes and underscores, at most 128.";
            }
        }

        foreach (var part in Images.Parts)
        {
            var reference = part == "consul" ? Images.Consul(options) : Images.Of(part, options);
            if (!Reference().IsMatch(reference))
            {
                yield return $"image of {part}: found '{reference}'; it must be NAME:TAG or NAME:TAG@sha256:…, never without a tag.";
            }
        }
    }

    private static IEnumerable<string> DigestProblems(BundleOptions options) =>
        options.Digests.OrderBy(it => it.Key, StringComparer.Ordinal)
            .Where(it => !Images.Parts.Contains(it.Key) || !Digest().IsMatch(it.Value))
            .Select(it => $"Digests: found '{it.Key}: {it.Value}'; a key is one of {string.Join(", ", Images.Parts)}, a value sha256: and 64 hexadecimal digits.");

    private static IEnumerable<string> PortProblems(ClusterSpec spec, ClusterTopology topology, BundleOptions options)
    {
        foreach (var (name, port) in new[] { ("GatewayPort", options.GatewayPort), ("SshPort", options.SshPort) })
        {
            if (port is < 1 or > 65535)
            {
                yield return $"{name}: found {port}; allowed is a whole number from 1 to 65535.";
            }
        }

        if (PortMatrix.Fixed.TryGetValue(options.GatewayPort, out var owner) || options.GatewayPort == options.SshPort)
        {
            yield return $"GatewayPort: {options.GatewayPort} is the port of {owner ?? "SSH"}.";
        }

        var taken = PortMatrix.Taken(topology, options);
        foreach (var pool in spec.Pools.Where(p => p.Template.HostPort is { } port && taken.ContainsKey(port)))
        {
            var port = pool.Template.HostPort!.Value;
            yield return $"worker_pools.{pool.Name}.host_port: found {port}, which {taken[port]} needs on a worker machine of the topology {topology.Name}.";
        }
    }

    private static IEnumerable<string> NetworkProblems(string name, ImmutableArray<string> networks) =>
        (networks.IsDefault ? [] : networks)
            .Where(network => !IPNetwork.TryParse(network, out _) && !IPAddress.TryParse(network, out _))
            .Select(network => $"{name}: found '{network}'; allowed are addresses (10.0.0.5) and networks (10.0.0.0/24).");

    private static IEnumerable<string> VariableProblems(string name, string value)
    {
        if (!Variable().IsMatch(name))
        {
            yield return $"Environment: found the name '{name}'; it must be letters, digits and underscores, not beginning with a digit.";
        }

        if (value.Any(char.IsControl))
        {
            yield return $"Environment: the value of {name} has a line break or another control character.";
        }

        if (LooksLikeSecret(name))
        {
            yield return $"Environment: {name} looks like a secret, and a bundle is written in clear. Put it into a file of that name "
                + "where the part finds its secrets (docs/deployment.md), or into /etc/nexus/PART.local.env on the machine.";
        }
    }

    private static IEnumerable<string> RuntimeProblems(ClusterSpec spec, DeploymentTarget target, BundleOptions options)
    {
        if (options.Runtime == ReplicaRuntime.Process && target == DeploymentTarget.Compose)
        {
            yield return "Runtime: found Process with the target compose; an agent in a container runs replicas in Docker only.";
        }

        var cannotRun = spec.Pools
            .Where(p => options.Runtime == ReplicaRuntime.Process ? p.Template.Process is null : p.Template.Image.Length == 0)
            .Select(p => p.Name.Value).ToList();
        if (cannotRun.Count > 0)
        {
            yield return $"worker_pools: {string.Join(", ", cannotRun)} has no {(options.Runtime == ReplicaRuntime.Process ? "process" : "image")}, "
                + $"so no machine of this bundle (Runtime {options.Runtime}) could run it.";
        }
    }

    [GeneratedRegex("^[a-z_][a-z0-9_-]{0,31}$", RegexOptions.None, MatchLimit)]
    private static partial Regex UserName();

    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", RegexOptions.None, MatchLimit)]
    private static partial Regex Tag();

    [GeneratedRegex("^[a-z0-9]([a-z0-9._/-]|:[0-9]+/)*:[A-Za-z0-9_][A-Za-z0-9._-]*(@sha256:[0-9a-f]{64})?$", RegexOptions.ExplicitCapture, MatchLimit)]
    private static partial Regex Reference();

    [GeneratedRegex("^sha256:[0-9a-f]{64}$", RegexOptions.None, MatchLimit)]
    private static partial Regex Digest();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.None, MatchLimit)]
    private static partial Regex Variable();

    [GeneratedRegex("token|password|passwd|secret|credential|apikey|api_key|private_?key|connectionstring|otlp_headers", RegexOptions.IgnoreCase, MatchLimit)]
    private static partial Regex Secret();
}
