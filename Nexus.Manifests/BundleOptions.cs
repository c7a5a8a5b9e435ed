using System.Collections.Immutable;
using System.Reflection;

namespace Nexus.Manifests;

/// <summary>How the worker agents of a bundle run replicas.</summary>
public enum ReplicaRuntime
{
    /// <summary>In Docker, which each worker machine must have.</summary>
    Docker,

    /// <summary>As plain processes of the agent; with <see cref="DeploymentTarget.Systemd"/> only.</summary>
    Process,
}

/// <summary>What a bundle does not learn from the spec and the topology. Every member has a default that works; none is ever a
/// secret, for what is here is written in clear.</summary>
public sealed record BundleOptions
{
    /// <summary>Version of Nexus; also the tag of its images unless <see cref="ImageTag"/> is set.</summary>
    public string Version { get; init; } = OwnVersion;

    /// <summary>Processor of the machines: <c>arm64</c> or <c>amd64</c>.</summary>
    public string Architecture { get; init; } = "arm64";

    /// <summary>How replicas run.</summary>
    public ReplicaRuntime Runtime { get; init; }

    /// <summary>Registry, and path in it, before the names of our images; empty for Docker's default.</summary>
    public string ImagePrefix { get; init; } = "";

    /// <summary>Image of the orchestrator, without prefix and tag.</summary>
    public string OrchestratorRepository { get; init; } = "nexus/orchestrator";

    /// <summary>Image of the gateway, without prefix and tag.</summary>
    public string GatewayRepository { get; init; } = "nexus/gateway";

    /// <summary>Image of the worker agent, without prefix and tag.</summary>
    public string WorkerRepository { get; init; } = "nexus/worker";

    /// <summary>Image of the <c>nexus</c> command, without prefix and tag.</summary>
    public string CliRepository { get; init; } = "nexus/cli";

    /// <summary>Tag of our images; null for <see cref="Version"/>.</summary>
    public string? ImageTag { get; init; }

    /// <summary>Image of Consul, with its tag.</summary>
    public string ConsulImage { get; init; } = "hashicorp/consul:1.21.4";

    /// <summary>Digests (<c>sha256:…</c>) that pin images, by part: <c>orchestrator</c>, <c>gateway</c>, <c>worker</c>, <c>cli</c>,
    /// <c>consul</c>.</summary>
    public IReadOnlyDictionary<string, string> Digests { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Consul's datacenter.</summary>
    public string Datacenter { get; init; } = "dc1";

    /// <summary>Whether the network is so good that silence may be believed early: short gossip intervals, and the manager's
    /// profile Fast.</summary>
    public bool FastNetwork { get; init; }

    /// <summary>Port on which gateways take requests.</summary>
    public int GatewayPort { get; init; } = 80;

    /// <summary>Addresses or networks of proxies in front of the gateways, whose X-Forwarded headers are believed.</summary>
    public ImmutableArray<string> TrustedProxies { get; init; } = [];

    /// <summary>Networks from which people reach SSH and the managers' API; empty: SSH from anywhere, the API through SSH only.</summary>
    public ImmutableArray<string> AdminNetworks { get; init; } = [];

    /// <summary>User whom <c>rollout.sh</c> logs in as; if not root, it must be able to <c>sudo</c> without a password.</summary>
    public string SshUser { get; init; } = "root";

    /// <summary>Port of SSH on the machines.</summary>
    public int SshPort { get; init; } = 22;

    /// <summary>More settings of every service, such as <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>. Secrets are refused: they go into files.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    private static string OwnVersion { get; } =
        (typeof(BundleOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.1.0")
        .Split('+')[0];
}
