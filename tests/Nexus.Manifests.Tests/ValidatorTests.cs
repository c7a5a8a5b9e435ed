using System.Globalization;
using System.Text.RegularExpressions;
using Nexus.Testing;

namespace Nexus.Manifests.Tests;

/// <summary>What we made, as the programs judge it that will read it.</summary>
public sealed partial class ValidatorTests
{
    private static readonly string[] Programs =
    [
        "opt/nexus/bin/consul", "opt/nexus/current/bin/Nexus.Orchestrator", "opt/nexus/current/bin/Nexus.Gateway",
        "opt/nexus/current/bin/Nexus.WorkerAgent", "opt/nexus/current/keeper.sh", "usr/sbin/nft", "bin/kill",
    ];

    public static TheoryData<string> Topologies => new(ClusterTopologies.Names);

    public static TheoryData<string, DeploymentTarget> All => SnapshotTests.All;

    public static TheoryData<ReplicaRuntime, string> Units => new(
        ((string[])["consul.service", "nexus-firewall.service", "nexus-gateway.service", "nexus-keeper.service", "nexus-orchestrator.service", "nexus-worker.service"])
        .SelectMany(unit => new[] { (ReplicaRuntime.Docker, unit), (ReplicaRuntime.Process, unit) }));

    [Theory]
    [MemberData(nameof(Topologies))]
    public async Task Docker_compose_reads_every_compose_file(string topology)
    {
        using var folder = new TemporaryFolder().With(Bundles.Of(topology, DeploymentTarget.Compose));
        foreach (var machine in Bundles.Topology(topology).Machines.DistinctBy(m => m.Roles))
        {
            var result = await Tool.RunAsync("docker-compose", ["config"], folder[$"nodes/{machine.Name}"], variables: null);
            Assert.True(result.Code == 0 && result.Error.Length == 0, $"{machine.Name}: {result.All}");
            Assert.Equal(
                1 + NexusRoles(machine), PlatformLine().Count(result.Output));
            Assert.DoesNotContain("${", result.Output, StringComparison.Ordinal);
            Assert.Contains($"Consul__Address: http://127.0.0.1:8500", result.Output, StringComparison.Ordinal);
            Assert.Contains(machine.Address, result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Docker_compose_keeps_dollars_and_quotes_of_settings()
    {
        var options = Bundles.Options with { Environment = new Dictionary<string, string> { ["GREETING"] = "a \"$HOME\" \\ b" } };
        using var folder = new TemporaryFolder().With(Bundles.Of("single", DeploymentTarget.Compose, options));
        var result = await Tool.RunAsync("docker-compose", ["config"], folder["nodes/node-1"], variables: null);
        Assert.Contains("GREETING: a \"$$HOME\" \\ b", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Units))]
    public async Task Systemd_has_nothing_to_say_of_a_unit_and_finds_it_safe(ReplicaRuntime runtime, string unit)
    {
        using var root = await MakeRootAsync(runtime);
        var verified = await Tool.RunAsync("systemd-analyze", "verify", "--man=no", $"--root={root.Path}", unit);
        Assert.True(verified.Code == 0 && verified.All.Length == 0, verified.All);

        var judged = await Tool.RunAsync("systemd-analyze", "security", "--offline=yes", "--no-pager", $"--root={root.Path}", unit);
        var exposure = double.Parse(Exposure().Match(judged.Output).Groups["score"].Value, CultureInfo.InvariantCulture);
        Assert.True(exposure <= 3, judged.Output);
    }

    [Fact]
    public async Task Systemd_would_complain_of_a_wrong_unit()
    {
        using var root = await MakeRootAsync(ReplicaRuntime.Docker);
        var path = root["etc/systemd/system/nexus-gateway.service"];
        await File.AppendAllTextAsync(path, "[Service]\nWatchdog=1\n", TestContext.Current.CancellationToken);
        var verified = await Tool.RunAsync("systemd-analyze", "verify", "--man=no", $"--root={root.Path}", "nexus-gateway.service");
        Assert.Contains("Watchdog", verified.All, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Nft_reads_every_firewall(string topology, DeploymentTarget target)
    {
        using var folder = new TemporaryFolder().With(Bundles.Of(topology, target));
        foreach (var machine in Bundles.Topology(topology).Machines)
        {
            var result = await Tool.RunAsync("nft", "-c", "-f", folder[$"nodes/{machine.Name}/etc/firewall.nft"]);
            Assert.True(result.Code == 0 && result.All.Length == 0, $"{machine.Name}: {result.All}");
        }
    }

    [Theory]
    [MemberData(nameof(Topologies))]
    public async Task Consul_reads_every_configuration(string topology)
    {
        var dialect = ConsulBinary.Version >= new Version(1, 14) ? "dialect-1.14.hcl" : "dialect-1.8.hcl";
        using var folder = new TemporaryFolder().With(Bundles.Of(topology, DeploymentTarget.Systemd));
        foreach (var machine in Bundles.Topology(topology).Machines)
        {
            using var config = new TemporaryFolder();
            foreach (var file in (string[])["nexus.hcl", dialect])
            {
                File.Copy(folder[$"nodes/{machine.Name}/consul/{file}"], config[file]);
            }

            var result = await Tool.RunAsync(ConsulBinary.Path, "validate", config.Path);
            Assert.True(result.Code == 0 && result.Output.Contains("valid!", StringComparison.Ordinal), $"{machine.Name}: {result.All}");
        }
    }

    [Fact]
    public async Task Consul_reads_the_gossip_of_a_fast_network()
    {
        var files = Bundles.Of("single", DeploymentTarget.Systemd, Bundles.Options with { FastNetwork = true });
        using var folder = new TemporaryFolder().With(files.Where(f => f.Path.EndsWith("consul/nexus.hcl", StringComparison.Ordinal)));
        var result = await Tool.RunAsync(ConsulBinary.Path, "validate", folder["nodes/node-1/consul"]);
        Assert.True(result.Code == 0, result.All);
        Assert.Contains("Orchestrator__Profile=\"Fast\"", files.Text("nodes/node-1/etc/orchestrator.env"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shellcheck_has_nothing_to_say_of_any_script()
    {
        var scripts = Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "Nexus.Manifests", "Templates"), "*.sh");
        Assert.Equal(7, scripts.Length);
        var result = await Tool.RunAsync("shellcheck", ["--external-sources", .. scripts], folder: null, variables: null);
        Assert.True(result.Code == 0 && result.All.Length == 0, result.All);
    }

    [Fact]
    public async Task Logrotate_reads_its_configuration()
    {
        using var folder = new TemporaryFolder().With(Bundles.Of("single", DeploymentTarget.Systemd));
        var result = await Tool.RunAsync("logrotate", "--debug", folder["nodes/node-1/etc/logrotate.conf"]);
        Assert.True(result.Code == 0 && !result.All.Contains("error:", StringComparison.Ordinal), result.All);
    }

    /// <summary>A machine's files as systemd sees them: the units, the distribution's targets, and programs that need not do anything.</summary>
    private static async Task<TemporaryFolder> MakeRootAsync(ReplicaRuntime runtime)
    {
        var root = new TemporaryFolder();
        var units = Directory.CreateDirectory(root["etc/systemd/system"]).FullName;
        foreach (var file in Bundles.Of("single", DeploymentTarget.Systemd, Bundles.Options with { Runtime = runtime })
            .Concat(Bundles.Of("single", DeploymentTarget.Compose))
            .Where(f => f.Path.EndsWith(".service", StringComparison.Ordinal)))
        {
            await File.WriteAllTextAsync(Path.Combine(units, Path.GetFileName(file.Path)), file.Content, TestContext.Current.CancellationToken);
        }

        foreach (var target in Directory.EnumerateFiles("/lib/systemd/system", "*.target"))
        {
            File.Copy(target, Path.Combine(units, Path.GetFileName(target)));
        }

        root.With(Programs.Select(program => new ManifestFile(program, "#!/bin/sh\n", Executable: true)));
        return root;
    }

    private static int NexusRoles(Machine machine) =>
        ((MachineRoles[])[MachineRoles.Manager, MachineRoles.Gateway, MachineRoles.Worker]).Count(role => machine.Roles.HasFlag(role));

    [GeneratedRegex(@"^ +platform: linux/arm64$", RegexOptions.Multiline, 1000)]
    private static partial Regex PlatformLine();

    [GeneratedRegex(@"exposure level for \S+: (?<score>[0-9.]+)", RegexOptions.None, 1000)]
    private static partial Regex Exposure();
}
