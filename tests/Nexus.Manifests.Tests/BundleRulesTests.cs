using System.Collections.Immutable;

namespace Nexus.Manifests.Tests;

public sealed class BundleRulesTests
{
    private static readonly string Digest = "sha256:" + new string('a', 64);

    public static TheoryData<string, Func<BundleOptions, BundleOptions>, string> Wrong => new()
    {
        { "no such processor", o => o with { Architecture = "riscv64" }, "Architecture: found 'riscv64'; allowed are arm64 and amd64." },
        { "not a tag", o => o with { Version = "1.2 3" }, "Version: found '1.2 3'" },
        { "an image without a tag drifts", o => o with { ConsulImage = "hashicorp/consul" }, "image of consul: found 'hashicorp/consul'; it must be NAME:TAG" },
        { "an image name of nobody", o => o with { GatewayRepository = "Nexus Gateway" }, "image of gateway: found" },
        { "digest of an unknown part", o => o with { Digests = Map("gate", Digest) }, "Digests: found 'gate: sha256:" },
        { "digest cut off", o => o with { Digests = Map("gateway", "sha256:abc") }, "Digests: found 'gateway: sha256:abc'" },
        { "port of another part", o => o with { GatewayPort = 8420 }, "GatewayPort: 8420 is the port of the manager." },
        { "port of SSH", o => o with { GatewayPort = 2222, SshPort = 2222 }, "GatewayPort: 2222 is the port of SSH." },
        { "no port", o => o with { SshPort = 0 }, "SshPort: found 0; allowed is a whole number from 1 to 65535." },
        { "no network", o => o with { AdminNetworks = ["office"] }, "AdminNetworks: found 'office'" },
        { "no network", o => o with { TrustedProxies = ["10.0.0.0/99"] }, "TrustedProxies: found '10.0.0.0/99'" },
        { "a user that is a command", o => o with { SshUser = "root; reboot" }, "SshUser: found 'root; reboot'" },
        { "a name that is none", o => o with { Datacenter = "dc 1" }, "Datacenter: found 'dc 1'" },
        { "a variable that is none", o => o with { Environment = Map("A-B", "1") }, "Environment: found the name 'A-B'" },
        { "a second line would be a setting of its own", o => o with { Environment = Map("A", "1\nB=2") }, "Environment: the value of A has a line break" },
        { "a secret in clear", o => o with { Environment = Map("Consul__Token", "t0p") }, "Environment: Consul__Token looks like a secret" },
        { "a secret in clear", o => o with { Environment = Map("OTEL_EXPORTER_OTLP_HEADERS", "key=t0p") }, "Environment: OTEL_EXPORTER_OTLP_HEADERS looks like a secret" },
        { "a container cannot", o => o with { Runtime = ReplicaRuntime.Process }, "Runtime: found Process with the target compose" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void FindProblems_names_what_cannot_be(string because, Func<BundleOptions, BundleOptions> change, string problem)
    {
        var problems = BundleRules.FindProblems(Bundles.Spec, ClusterTopologies.SingleNode, DeploymentTarget.Compose, change(Bundles.Options));
        Assert.Contains(problems, p => p.StartsWith(problem, StringComparison.Ordinal) || Fail(because, problems));
    }

    [Theory]
    [InlineData("single", 7410, "host_port: found 7410, which the worker agent needs")]
    [InlineData("single", 80, "host_port: found 80, which the gateway needs on a worker machine of the topology single")]
    [InlineData("small", 8301, "host_port: found 8301, which Consul needs")]
    public void FindProblems_knows_ports_that_a_pool_cannot_have(string topology, int port, string problem)
    {
        var spec = Bundles.Read($"worker_pools: {{ web: {{ image: x, port: 80, host_port: {port} }} }}");
        var found = Assert.Single(BundleRules.FindProblems(spec, Bundles.Topology(topology), DeploymentTarget.Compose, Bundles.Options));
        Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    [Fact]
    public void FindProblems_lets_a_pool_have_the_gateways_port_where_no_gateway_is()
    {
        var spec = Bundles.Read("worker_pools: { web: { image: x, port: 80, host_port: 80 } }");
        Assert.Empty(BundleRules.FindProblems(spec, ClusterTopologies.Small, DeploymentTarget.Compose, Bundles.Options));
    }

    [Fact]
    public void FindProblems_names_pools_that_nobody_could_run()
    {
        var spec = Bundles.Read("worker_pools: { web: { image: x, port: 80 } }");
        var options = Bundles.Options with { Runtime = ReplicaRuntime.Process };
        Assert.Equal(
            "worker_pools: web has no process, so no machine of this bundle (Runtime Process) could run it.",
            Assert.Single(BundleRules.FindProblems(spec, ClusterTopologies.SingleNode, DeploymentTarget.Systemd, options)));
    }

    [Fact]
    public void Compute_refuses_with_every_problem()
    {
        var refused = Assert.Throws<BundleRefusedException>(() => DeploymentBundles.Compute(
            Bundles.Spec, ClusterTopologies.SingleNode, DeploymentTarget.Compose, Bundles.Options with { SshPort = 0, Architecture = "?" }));
        Assert.Equal(2, refused.Problems.Length);
        Assert.Equal(2, refused.Message.Split('\n').Length);
    }

    private static ImmutableDictionary<string, string> Map(string key, string value) =>
        ImmutableDictionary<string, string>.Empty.Add(key, value);

    private static bool Fail(string because, ImmutableArray<string> problems)
    {
        TestContext.Current.TestOutputHelper!.WriteLine($"{because}; found only: {string.Join(" | ", problems)}");
        return false;
    }
}
