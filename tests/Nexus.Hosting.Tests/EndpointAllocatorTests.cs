using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Nexus.Hosting.Engine.Endpoints;

namespace Nexus.Hosting.Tests;

public sealed class EndpointAllocatorTests
{
    private static readonly EndpointAllocator Fixed = new(new FreePorts(new Random(1)), randomize: false);
    private static readonly EndpointAllocator Random = new(new FreePorts(new Random(2)), randomize: true);

    [Fact]
    public void A_single_copy_listens_on_the_public_port_itself()
    {
        var endpoint = Assert.Single(Fixed.Allocate(Project(Http(port: 9999))).Endpoints);

        Assert.Equal((9999, 9999, false), (endpoint.PublicPort, endpoint.ListenPorts[0], endpoint.NeedsProxy));
        Assert.Equal("http://localhost:9999", endpoint.Endpoint.AllocatedEndpoint?.UriString);
    }

    [Fact]
    public void Replicas_get_ports_of_their_own_behind_a_proxy()
    {
        var project = Project(Http(port: 9999));
        project.Annotations.Add(new ReplicaAnnotation(3));

        var plan = Fixed.Allocate(project);

        var endpoint = Assert.Single(plan.Endpoints);
        Assert.True(endpoint.NeedsProxy);
        Assert.Equal(4, endpoint.ListenPorts.Append(endpoint.PublicPort).Distinct().Count());
        Assert.Equal(["p-0", "p-1", "p-2"], plan.Instances.Select(i => i.Id));
    }

    [Fact]
    public void A_program_that_insists_on_its_port_gets_a_proxy_on_another()
    {
        var endpoint = Assert.Single(Fixed.Allocate(Project(Http(port: 9999, targetPort: 8888))).Endpoints);

        Assert.Equal((9999, 8888, true), (endpoint.PublicPort, endpoint.ListenPorts[0], endpoint.NeedsProxy));
    }

    [Fact]
    public void Random_ports_replace_fixed_ones_also_without_a_proxy()
    {
        var endpoint = Assert.Single(Random.Allocate(Project(Http(port: 9999, isProxied: false))).Endpoints);

        Assert.NotEqual(9999, endpoint.PublicPort);
        Assert.Equal(endpoint.PublicPort, endpoint.ListenPorts[0]);
    }

    [Fact]
    public void A_container_keeps_its_inner_port()
    {
        var container = new ContainerResource("c");
        container.Annotations.Add(Http(port: 9999, targetPort: 80));

        var endpoint = Assert.Single(Random.Allocate(container).Endpoints);

        Assert.Equal(80, endpoint.ListenPorts[0]);
        Assert.NotEqual(9999, endpoint.PublicPort);
        Assert.False(endpoint.NeedsProxy);
    }

    public static TheoryData<string, int?, int?, bool, int> Refused => new()
    {
        { "proxy and program on one port", 9999, 9999, true, 1 },
        { "replicas on one fixed port", 9999, null, false, 2 },
        { "replicas on one target port", null, 9999, true, 2 },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_cannot_be_is_refused_with_the_endpoint_named(string because, int? port, int? targetPort, bool isProxied, int replicas)
    {
        var project = Project(Http(port, targetPort, isProxied));
        project.Annotations.Add(new ReplicaAnnotation(replicas));

        var refusal = Assert.Throws<DistributedApplicationException>(() => Fixed.Allocate(project));

        Assert.True(refusal.Message.Contains("'http' of 'p'", StringComparison.Ordinal), because);
    }

    private static ProjectResource Project(EndpointAnnotation endpoint)
    {
        var project = new ProjectResource("p");
        project.Annotations.Add(endpoint);
        return project;
    }

    private static EndpointAnnotation Http(int? port = null, int? targetPort = null, bool isProxied = true) =>
        new(System.Net.Sockets.ProtocolType.Tcp, "http", port: port, targetPort: targetPort, isProxied: isProxied);
}
