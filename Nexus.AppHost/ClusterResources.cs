using Nexus.AppHost.Publishing;

namespace Nexus.AppHost;

/// <summary>The words that the composition is written in beside Aspire's own.</summary>
internal static class ClusterResources
{
    private const string Image = "hashicorp/consul";
    private const string ImageTag = "1.21.4";

    /// <summary>Consul where there is no program of it.</summary>
    public const string ConsulImage = $"{Image}:{ImageTag}";

    // Between processes of one machine a peer that is silent for a second is dead.
    private const string FastGossip =
        "gossip_lan { probe_interval = \"300ms\" probe_timeout = \"150ms\" gossip_interval = \"60ms\" suspicion_mult = 2 }";

    private const string Limits = "limits { http_max_conns_per_client = 1000 }";

    /// <summary>Removes the state of an earlier run: Consul starts empty, so what others remember of it would mislead them.</summary>
    public static void ForgetEarlierRuns(this IDistributedApplicationBuilder builder, ClusterOptions cluster) =>
        builder.Eventing.Subscribe<BeforeStartEvent>((_, _) =>
        {
            if (!cluster.IsPublished && Directory.Exists(cluster.StateDirectory))
            {
                Forget(cluster.StateDirectory);
            }

            return Task.CompletedTask;
        });

    /// <summary>Where the managers' API answers, as the nexus command takes it: it asks the next where one is gone.</summary>
    public static ReferenceExpression Addresses(this IReadOnlyList<IResourceBuilder<ProjectResource>> managers) => managers.Skip(1).Aggregate(
        ReferenceExpression.Create($"{managers[0].GetEndpoint("http")}"),
        (all, manager) => ReferenceExpression.Create($"{all},{manager.GetEndpoint("http")}"));

    private static void Forget(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DistributedApplicationException(
                $"The state of the last run in {folder} cannot be removed: {e.Message} Remove it by hand, or free what holds it.", e);
        }
    }

    /// <summary>Adds the Consul servers: the program where this machine has it, else the image.</summary>
    public static IReadOnlyList<IResourceBuilder<IResourceWithEndpoints>> AddConsul(
        this IDistributedApplicationBuilder builder, ClusterOptions cluster, PublishedServices published)
    {
        if (cluster.IsPublished)
        {
            return [.. cluster.Consuls.Select(name => AddPublishedServer(builder, cluster, published, name))];
        }

        return cluster.Machine.Consul is { } program ? AddProgram(builder, cluster, program) : [AddContainer(builder, cluster)];
    }

    /// <summary>Tells a gateway where to serve: here and, for containers that ask other pools, on their bridge; or to all of its network.</summary>
    public static IResourceBuilder<ProjectResource> ServingAt(
        this IResourceBuilder<ProjectResource> builder, string endpoint, ClusterOptions cluster)
    {
        var port = builder.GetEndpoint(endpoint).Property(EndpointProperty.TargetPort);
        return builder.WithEnvironment("Gateway__Urls", cluster switch
        {
            { IsPublished: true } => ReferenceExpression.Create($"http://0.0.0.0:{port}"),
            { Machine.Bridge: { } bridge } => ReferenceExpression.Create($"http://localhost:{port};http://{bridge}:{port}"),
            _ => ReferenceExpression.Create($"http://localhost:{port}"),
        });
    }

    /// <summary>Tells a gateway where to show itself.</summary>
    public static IResourceBuilder<ProjectResource> ShowingItselfAt(
        this IResourceBuilder<ProjectResource> builder, string endpoint, ClusterOptions cluster) =>
        builder.WithEnvironment("Gateway__AdminUrl", ReferenceExpression.Create(
            $"http://{(cluster.IsPublished ? "0.0.0.0" : "localhost")}:{builder.GetEndpoint(endpoint).Property(EndpointProperty.TargetPort)}"));

    private static List<IResourceBuilder<ExecutableResource>> AddProgram(
        IDistributedApplicationBuilder builder, ClusterOptions cluster, string program)
    {
        var servers = cluster.Consuls.Select((name, i) => builder.AddExecutable(name, program, cluster.Root)
            .WithHttpEndpoint(port: i == 0 ? cluster.ConsulPort : null, name: "http")
            .WithEndpoint(name: "rpc", scheme: "tcp")
            .WithEndpoint(name: "gossip", scheme: "tcp")
            .WithHttpHealthCheck("/v1/status/leader", endpointName: "http")).ToList();
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
                    $"-retry-join=127.0.0.1:{other.GetEndpoint("gossip").Property(EndpointProperty.Port)}"));
            }
        }

        return servers;
    }

    // For itself alone and without a disk: whoever has no program wants a look, not a drill.
    private static IResourceBuilder<ContainerResource> AddContainer(IDistributedApplicationBuilder builder, ClusterOptions cluster) =>
        builder.AddContainer("consul", Image, ImageTag)
            .WithHttpEndpoint(port: cluster.ConsulPort, targetPort: 8500, name: "http")
            .WithArgs("agent", "-dev", "-node=consul-1", "-client=0.0.0.0", "-hcl", Limits)
            .WithHttpHealthCheck("/v1/status/leader", endpointName: "http");

    private static IResourceBuilder<ContainerResource> AddPublishedServer(
        IDistributedApplicationBuilder builder, ClusterOptions cluster, PublishedServices published, string name) =>
        builder.AddContainer(name, Image, ImageTag)
            .WithHttpEndpoint(targetPort: 8500, name: "http")
            .WithVolume($"{name}-data", "/consul/data")
            .WithEnvironment("CONSUL_LOCAL_CONFIG", $$"""{ "encrypt": "{{published.GossipKey!}}" }""")
            .WithArgs([
                "agent", "-server", $"-bootstrap-expect={cluster.Consuls.Count}", $"-node={name}", "-client=0.0.0.0", "-log-level=warn",
                .. cluster.Consuls.Where(other => other != name).Select(other => $"-retry-join={other}"),
                "-hcl", "leave_on_terminate = false", "-hcl", Limits,
            ])
            .PublishedAs(published.Consul);

    private static ReferenceExpression Flag(string name, EndpointReference endpoint) =>
        ReferenceExpression.Create($"{name}={endpoint.Property(EndpointProperty.TargetPort)}");
}
