using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Nexus.AppHost;

/// <summary>Adds the Consul servers: the program if there is one, else the image.</summary>
internal static class ConsulResource
{
    private const string Image = "hashicorp/consul";
    private const string ImageTag = "1.21";

    // Between processes of one machine a peer that is silent for a second is dead.
    private const string FastGossip =
        "gossip_lan { probe_interval = \"300ms\" probe_timeout = \"150ms\" gossip_interval = \"60ms\" suspicion_mult = 2 }";

    private const string Limits = "limits { http_max_conns_per_client = 1000 }";

    /// <summary>The servers, and where each answers.</summary>
    public static IReadOnlyList<(IResourceBuilder<IResource> Consul, EndpointReference Address)> AddConsul(
        this IDistributedApplicationBuilder builder, LocalCluster cluster)
    {
        if (cluster.ConsulProgram is not { } program)
        {
            // For itself alone and without a disk: whoever has no program wants a look, not a drill.
            var container = builder.AddContainer("consul", Image, ImageTag)
                .WithHttpEndpoint(port: cluster.ConsulPort, targetPort: 8500, name: "http")
                .WithArgs("agent", "-dev", "-node=consul-1", "-client=0.0.0.0", "-hcl", Limits)
                .WithHttpHealthCheck("/v1/status/leader", endpointName: "http");
            return [(container, container.GetEndpoint("http"))];
        }

        var servers = Enumerable.Range(1, cluster.Consuls)
            .Select(n => builder.AddExecutable(cluster.Consuls == 1 ? "consul" : $"consul-{n}", program, cluster.Root)
                .WithHttpEndpoint(port: n == 1 ? cluster.ConsulPort : null, name: "http")
                .WithEndpoint(name: "rpc", scheme: "tcp")
                .WithEndpoint(name: "gossip", scheme: "tcp")
                .WithHttpHealthCheck("/v1/status/leader", endpointName: "http"))
            .ToList();
        for (var n = 1; n <= servers.Count; n++)
        {
            var server = servers[n - 1];
            server.WithArgs(
                "agent", "-server", $"-bootstrap-expect={servers.Count}", $"-node=consul-{n}", "-ui",
                $"-data-dir={cluster.StateOf($"consul-{n}")}", "-bind=127.0.0.1", "-client=127.0.0.1", "-log-level=warn",
                "-dns-port=-1", "-grpc-port=-1", "-serf-wan-port=-1", "-retry-interval=1s",
                Flag("-http-port", server.GetEndpoint("http")),
                Flag("-server-port", server.GetEndpoint("rpc")),
                Flag("-serf-lan-port", server.GetEndpoint("gossip")),
                "-hcl", "performance { raft_multiplier = 1 }",
                "-hcl", "leave_on_terminate = false",
                "-hcl", FastGossip,
                "-hcl", Limits);
            foreach (var other in servers.Where(other => other != server))
            {
                server.WithArgs(ReferenceExpression.Create(
                    $"-retry-join=127.0.0.1:{other.GetEndpoint("gossip").Property(EndpointProperty.TargetPort)}"));
            }
        }

        return [.. servers.Select(server => ((IResourceBuilder<IResource>)server, server.GetEndpoint("http")))];
    }

    private static ReferenceExpression Flag(string name, EndpointReference endpoint) =>
        ReferenceExpression.Create($"{name}={endpoint.Property(EndpointProperty.TargetPort)}");
}
