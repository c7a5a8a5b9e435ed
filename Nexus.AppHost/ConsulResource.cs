using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Nexus.AppHost;

/// <summary>Adds a Consul server: the program if there is one, else the image.</summary>
internal static class ConsulResource
{
    private const string Image = "hashicorp/consul";
    private const string ImageTag = "1.21";
    private const string Limits = "limits { http_max_conns_per_client = 1000 }";

    /// <summary>One server that keeps its state in memory: a local cluster starts afresh every time.</summary>
    public static (IResourceBuilder<IResource> Consul, EndpointReference Address) AddConsul(
        this IDistributedApplicationBuilder builder, LocalCluster cluster)
    {
        if (cluster.ConsulProgram is not { } program)
        {
            var container = builder.AddContainer("consul", Image, ImageTag)
                .WithHttpEndpoint(port: cluster.ConsulPort, targetPort: 8500, name: "http")
                .WithArgs("agent", "-dev", "-node=consul-1", "-client=0.0.0.0", "-hcl", Limits)
                .WithHttpHealthCheck("/v1/status/leader", endpointName: "http");
            return (container, container.GetEndpoint("http"));
        }

        var server = builder.AddExecutable("consul", program, cluster.Root)
            .WithHttpEndpoint(port: cluster.ConsulPort, name: "http")
            .WithEndpoint(name: "rpc", scheme: "tcp")
            .WithEndpoint(name: "gossip", scheme: "tcp")
            .WithHttpHealthCheck("/v1/status/leader", endpointName: "http");
        server.WithArgs(
            "agent", "-dev", "-node=consul-1", "-bind=127.0.0.1", "-client=127.0.0.1", "-log-level=warn",
            "-dns-port=-1", "-grpc-port=-1", "-serf-wan-port=-1",
            Flag("-http-port", server.GetEndpoint("http")),
            Flag("-server-port", server.GetEndpoint("rpc")),
            Flag("-serf-lan-port", server.GetEndpoint("gossip")),
            "-hcl", "performance { raft_multiplier = 1 }",
            "-hcl", Limits);
        return (server, server.GetEndpoint("http"));
    }

    private static ReferenceExpression Flag(string name, EndpointReference endpoint) =>
        ReferenceExpression.Create($"{name}={endpoint.Property(EndpointProperty.TargetPort)}");
}
