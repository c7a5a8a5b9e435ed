using System.Text.RegularExpressions;

namespace Nexus.Manifests.Tests;

public sealed partial class DeploymentBundlesTests
{
    public static TheoryData<string, DeploymentTarget> All => SnapshotTests.All;

    [Theory]
    [MemberData(nameof(All))]
    public void Compute_gives_the_same_bytes_for_the_same_input(string topology, DeploymentTarget target) =>
        Assert.Equal(Bundles.Of(topology, target), Bundles.Of(topology, target));

    [Fact]
    public void Compute_does_not_depend_on_the_order_of_dictionaries()
    {
        string[] parts = ["orchestrator", "gateway", "worker", "cli", "consul"];
        var digests = parts.Select(part => (part, "sha256:" + new string('b', 64))).ToArray();
        var settings = Enumerable.Range(0, 40).Select(n => ($"SETTING_{n * 7919 % 40}", $"{n}")).ToArray();
        var forth = Bundles.Options with { Digests = Map(digests), Environment = Map(settings) };
        var back = Bundles.Options with { Digests = Map(digests.Reverse()), Environment = Map(settings.Reverse()) };
        Assert.All(Bundles.Targets, target => Assert.Equal(Bundles.Of("ha", target, forth), Bundles.Of("ha", target, back)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Compute_gives_paths_that_stay_below_and_lines_that_end(string topology, DeploymentTarget target)
    {
        var files = Bundles.Of(topology, target);
        Assert.Equal(files.Select(f => f.Path).Order(StringComparer.Ordinal), files.Select(f => f.Path));
        Assert.Equal(files.Length, files.Select(f => f.Path).Distinct(StringComparer.Ordinal).Count());
        Assert.All(files, file =>
        {
            Assert.DoesNotContain("..", file.Path, StringComparison.Ordinal);
            Assert.False(file.Path.StartsWith('/'));
            Assert.EndsWith("\n", file.Content, StringComparison.Ordinal);
            Assert.DoesNotContain('\r', file.Content);
            Assert.DoesNotContain("@@", file.Content, StringComparison.Ordinal);
            Assert.Equal(file.Executable, file.Content.StartsWith("#!", StringComparison.Ordinal));
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Compute_writes_no_secret(string topology, DeploymentTarget target) =>
        Assert.All(Bundles.Of(topology, target).Where(file => !file.Executable), file =>
            Assert.False(SecretInClear().IsMatch(file.Content), $"{file.Path}: {SecretInClear().Match(file.Content)}"));

    [Theory]
    [MemberData(nameof(All))]
    public void Compute_gives_each_machine_what_its_roles_say(string topology, DeploymentTarget target)
    {
        var files = Bundles.Of(topology, target);
        foreach (var machine in Bundles.Topology(topology).Machines)
        {
            var consul = files.Text($"nodes/{machine.Name}/consul/nexus.hcl");
            var server = machine.Roles.HasFlag(MachineRoles.ConsulServer);
            Assert.Contains(server ? "server           = true" : "server = false", consul, StringComparison.Ordinal);
            Assert.Equal(server, files.Any(f => f.Path == $"nodes/{machine.Name}/consul-acl.sh"));
            foreach (var (role, part) in new[] { (MachineRoles.Manager, "orchestrator"), (MachineRoles.Gateway, "gateway"), (MachineRoles.Worker, "worker") })
            {
                var has = target == DeploymentTarget.Systemd
                    ? files.Any(f => f.Path == $"nodes/{machine.Name}/systemd/nexus-{part}.service")
                    : files.Text($"nodes/{machine.Name}/compose.yaml").Contains($"container_name: nexus-{part}\n", StringComparison.Ordinal);
                Assert.True(has == machine.Roles.HasFlag(role), $"{machine.Name}: {part}");
            }
        }
    }

    [Fact]
    public void Compute_pins_images_by_prefix_tag_and_digest()
    {
        var digest = "sha256:" + new string('c', 64);
        var options = Bundles.Options with { ImagePrefix = "registry.lan:5000/team", ImageTag = "v9", Digests = Map([("gateway", digest)]) };
        var values = Bundles.Of("single", DeploymentTarget.Compose, options).Text("nodes/node-1/.env");
        Assert.Contains($"GATEWAY_IMAGE=registry.lan:5000/team/nexus/gateway:v9@{digest}\n", values, StringComparison.Ordinal);
        Assert.Contains("ORCHESTRATOR_IMAGE=registry.lan:5000/team/nexus/orchestrator:v9\n", values, StringComparison.Ordinal);
    }

    [Fact]
    public void Compute_writes_addresses_of_IPv6_in_brackets_where_they_are_part_of_a_URL()
    {
        var topology = NodeAddresses.Read("node-1=fd00::1", ClusterTopologies.SingleNode).Topology!;
        var files = DeploymentBundles.Compute(Bundles.Spec, topology, DeploymentTarget.Systemd, Bundles.Options);
        Assert.Contains("Worker__ApiAddress=\"http://[fd00::1]:7410\"\nWorker__Cluster", files.Text("nodes/node-1/etc/worker.env"), StringComparison.Ordinal);
        Assert.Contains("Worker__Address=\"fd00::1\"", files.Text("nodes/node-1/etc/worker.env"), StringComparison.Ordinal);
        Assert.Contains("bind_addr      = \"fd00::1\"", files.Text("nodes/node-1/consul/nexus.hcl"), StringComparison.Ordinal);
    }

    [Fact]
    public void Compute_gives_each_token_the_rights_of_its_own_machine_only()
    {
        var policy = Bundles.Of("small", DeploymentTarget.Systemd).Text("nodes/manager-1/consul/acl/nexus-worker-worker-1.hcl");
        Assert.Contains("key \"nexus/desired/worker-1\" { policy = \"read\" }", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("worker-2", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("key_prefix \"\"", policy, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Map(IEnumerable<(string Key, string Value)> pairs) =>
        pairs.ToDictionary(it => it.Key, it => it.Value, StringComparer.Ordinal);

    // A private key, a UUID as Consul's tokens are, or 32 bytes in base64 as its gossip key is.
    [GeneratedRegex("PRIVATE KEY|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}|[A-Za-z0-9+/]{43}=", RegexOptions.None, 1000)]
    private static partial Regex SecretInClear();
}
