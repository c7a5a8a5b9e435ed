using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Runtime.Docker;

namespace Nexus.Runtime.Tests;

/// <summary>Telemetry settings that an agent passes on.</summary>
public sealed class WorkloadTelemetryTests
{
    [Theory]
    [InlineData("http://127.0.0.1:18889", "http://host.docker.internal:18889", true, "its own loopback is not the machine's")]
    [InlineData("http://localhost:18889/", "http://host.docker.internal:18889", true, "by name as by number")]
    [InlineData("http://collector:4317", "http://collector:4317", false, "elsewhere is elsewhere for all")]
    public void A_container_is_told_a_receiver_that_it_can_reach(string endpoint, string expected, bool named, string because)
    {
        var parameters = ContainerBlueprint.Compute(Spec(), Options(endpoint));

        Assert.True(parameters.Env!.Contains($"OTEL_EXPORTER_OTLP_ENDPOINT={expected}"), because);
        Assert.True(named == (parameters.HostConfig!.ExtraHosts is ["host.docker.internal:host-gateway"]), because);
        Assert.Contains("OTEL_SERVICE_NAME=web", parameters.Env!);
        Assert.Contains("OTEL_RESOURCE_ATTRIBUTES=service.instance.id=web-1-0,nexus.node=n1,nexus.revision=r1", parameters.Env!);
        Assert.Contains("OTEL_EXPORTER_OTLP_PROTOCOL=grpc", parameters.Env!);
    }

    [Fact]
    public void What_the_template_says_goes_before()
    {
        var parameters = ContainerBlueprint.Compute(Spec(("OTEL_SERVICE_NAME", "shop")), Options("http://collector:4317"));

        Assert.Contains("OTEL_SERVICE_NAME=shop", parameters.Env!);
        Assert.DoesNotContain("OTEL_SERVICE_NAME=web", parameters.Env!);
    }

    [Fact]
    public void Without_it_a_container_is_as_ever()
    {
        var parameters = ContainerBlueprint.Compute(Spec(), Options(null));

        Assert.DoesNotContain(parameters.Env!, e => e.StartsWith("OTEL_", StringComparison.Ordinal));
        Assert.Null(parameters.HostConfig!.ExtraHosts);
    }

    private static DockerRuntimeOptions Options(string? endpoint) => new()
    {
        Cluster = "test",
        Node = new NodeName("n1"),
        Telemetry = endpoint is null ? null : new WorkloadTelemetry(
            new Uri(endpoint), ImmutableSortedDictionary<string, string>.Empty.Add("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")),
    };

    private static WorkloadSpec Spec(params (string Name, string Value)[] variables) => new()
    {
        Allocation = new AllocationId("web-1-0"),
        Pool = new PoolName("web"),
        Revision = new PoolRevision("r1"),
        Template = new PoolTemplate { Image = "web", Env = variables.ToImmutableSortedDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal) },
    };
}
