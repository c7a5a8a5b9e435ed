namespace Nexus.EndToEnd.Tests;

/// <summary>What <c>--operation publish</c> writes, and what it says when it cannot.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class PublishTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-publish-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("single", "compose")]
    [InlineData("ha", "systemd")]
    public async Task Publish_writes_the_same_valid_files_every_time(string topology, string target)
    {
        var first = await PublishAsync("first", "--topology", topology, "--target", target);
        var second = await PublishAsync("second", "--topology", topology, "--target", target, "--step", "publish");

        Assert.Equal(first, second);
        Assert.Contains("docker-compose.yaml", first.Keys);
        Assert.Contains("nexus.yaml", first.Keys);
        Assert.Contains(first.Keys, file => file.StartsWith("machines/", StringComparison.Ordinal));
        Assert.DoesNotContain(first[".env"].Split('\n'), line => !line.StartsWith('#') && line.Contains('=', StringComparison.Ordinal) && !line.EndsWith('='));
        Assert.DoesNotContain(first[".env"].Split('\n'), line => line.EndsWith('=') && !first["README.md"].Contains($"`{line[..^1]}`", StringComparison.Ordinal));
        await AssertComposeAcceptsOnceFilledInAsync(Path.Combine(_folder, "first"), "CONSUL_GOSSIP_KEY", "MACHINE_ADDRESS");
    }

    [Theory]
    [InlineData("--topology huge", "--topology: found 'huge'; allowed are single, small, three, ha.")]
    [InlineData("--target vm", "--target: found 'vm'; allowed are compose and systemd.")]
    [InlineData("--runtime process", "--runtime process: goes with --target systemd only")]
    [InlineData("--arch sparc", "--arch: found 'sparc'; allowed are arm64 and amd64.")]
    [InlineData("--nodes worker-9=10.0.0.1", "--nodes, line 1: found the machine 'worker-9'; the topology small has manager-1, worker-1, worker-2.")]
    [InlineData("--nodes manager-1=10.0.0.5", "--nodes: found no address for worker-1, worker-2")]
    [InlineData("--gateway-port 8420", "--gateway-port: 8420 is the port of the manager.")]
    [InlineData("--image-prefix host:5000/Team", "--image-prefix: found 'host:5000/Team'; it must be HOST[:PORT][/PATH], in small letters")]
    [InlineData("--workers 3", "--workers: changes a local run only")]
    [InlineData("--step deploy", "--step: there is no step 'deploy'; there are: publish, publish-compose, publish-machines, publish-prereq.")]
    [InlineData("--nonsense 1", "'--nonsense' is no option; there are:")]
    [InlineData("--output /tmp/x", "'--output' is no option; did you mean '--output-path'?")]
    [InlineData("--gateway-prot 80", "'--gateway-prot' is no option; did you mean '--gateway-port'?")]
    [InlineData("--output-path /proc/nexus", "--output-path: /proc/nexus cannot be written")]
    [InlineData("--topology", "--topology: its value is missing")]
    [InlineData("--output-path=", "--output-path: its value is missing")]
    [InlineData("--Parameters:machine-adress=10.0.0.1", "--Parameters:machine-adress: there is no parameter 'machine-adress'; there are: consul-gossip-key, machine-address,")]
    public async Task What_is_wrong_is_told_and_nothing_is_written(string arguments, string message)
    {
        await using var host = Start("deploy", arguments.Split(' '));

        Assert.Equal(1, await host.ExitAsync(Token));
        Assert.Contains(message, host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Gateways_on_one_machine_have_ports_of_their_own()
    {
        var files = await PublishAsync("deploy", "--topology", "ha", "--gateway-port", "9080");

        Assert.Contains("- \"9080:8080\"", files["docker-compose.yaml"], StringComparison.Ordinal);
        Assert.Contains("- \"9081:8080\"", files["docker-compose.yaml"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_project_of_the_whole_waits_for_parts_that_are_well_and_keeps_its_secrets_to_its_owner()
    {
        var files = await PublishAsync("deploy", "--Parameters:worker-image=mine/worker:7");

        var compose = files["docker-compose.yaml"];
        foreach (var probe in (string[])["/app/Nexus.Orchestrator", "/app/Nexus.Gateway", "/app/Nexus.WorkerAgent"])
        {
            Assert.Contains(probe, compose, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("service_started", compose, StringComparison.Ordinal);
        Assert.Contains("${WORKER_IMAGE:-mine/worker:7}", compose, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "deploy", ".env")));
    }

    [Fact]
    public async Task What_surprises_whoever_rolls_out_is_said()
    {
        var spec = Path.Combine(_folder, "spec.yaml");
        await File.WriteAllTextAsync(
            spec, "cluster: demo\nworker_pools: { web: { image: nexus/sample-web:local, port: 8080, env: { DB_PASSWORD: hunter2 } } }\n", Token);
        await using var host = Start("deploy", "--spec", spec);

        Assert.Equal(0, await host.ExitAsync(Token));
        foreach (var warning in (string[])["--nodes is not given", "--image-prefix is not given", "worker_pools.web.image: nexus/sample-web:local is made on this machine only", "worker_pools.web.env.DB_PASSWORD looks like a secret"])
        {
            Assert.Contains($"warning: {warning}", host.Output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("hunter2", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Machines_have_the_processor_addresses_and_images_that_were_asked_for()
    {
        var files = await PublishAsync(
            "deploy", "--topology", "single", "--arch", "amd64", "--nodes", "node-1=10.9.8.7", "--image-prefix", "registry.internal:5000/team");

        Assert.Contains("ARCHITECTURE=amd64\n", files["machines/nodes/node-1/node.env"], StringComparison.Ordinal);
        Assert.Contains("platform: linux/amd64\n", files["machines/nodes/node-1/compose.yaml"], StringComparison.Ordinal);
        Assert.Equal("node-1\t10.9.8.7\tconsul-server manager gateway worker\n", files["machines/nodes.tsv"]);
        Assert.Contains("GATEWAY_IMAGE=registry.internal:5000/team/nexus/gateway:", files["machines/nodes/node-1/.env"], StringComparison.Ordinal);
        Assert.Contains("${GATEWAY_IMAGE:-registry.internal:5000/team/nexus/gateway:", files["docker-compose.yaml"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_publish_takes_its_own_files_away_and_leaves_those_of_people()
    {
        await PublishAsync("deploy");
        var machines = Path.Combine(_folder, "deploy", "machines");
        Directory.CreateDirectory(Path.Combine(machines, "secrets"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(Path.Combine(machines, "secrets", "key"), "mine", Token);
        await File.AppendAllTextAsync(Path.Combine(machines, ".files"), "nodes/gone\n", Token);
        Directory.CreateDirectory(Path.Combine(machines, "nodes"));
        await File.WriteAllTextAsync(Path.Combine(machines, "nodes", "gone"), "of a machine that is no more", Token);

        var again = await PublishAsync("deploy");

        Assert.Equal("mine", again["machines/secrets/key"]);
        Assert.DoesNotContain("machines/nodes/gone", again.Keys);
        Assert.False(File.GetUnixFileMode(Path.Combine(machines, "secrets")).HasFlag(UnixFileMode.OtherRead));
    }

    private async Task<SortedDictionary<string, string>> PublishAsync(string name, params string[] args)
    {
        await using var host = Start(name, args);
        Assert.True(await host.ExitAsync(Token) == 0, host.Output);
        var output = Path.Combine(_folder, name);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories))
        {
            files[Path.GetRelativePath(output, file)] = await File.ReadAllTextAsync(file, Token);
        }

        return files;
    }

    private AppHostProcess Start(string name, params string[] args) => AppHostProcess.Start(
        Path.Combine(_folder, "state"), ["--operation", "publish", "--output-path", Path.Combine(_folder, name), .. args]);

    /// <summary>While a key that is needed has no value, docker-compose refuses the file and names it; with all of them it takes it.</summary>
    private static async Task AssertComposeAcceptsOnceFilledInAsync(string folder, params string[] needed)
    {
        var env = Path.Combine(folder, ".env");
        foreach (var key in needed)
        {
            var refused = await ComposeAsync(folder, env);
            Assert.True(refused.ExitCode != 0 && needed.Any(k => refused.Error.Contains(k, StringComparison.Ordinal)), refused.ToString());
            Assert.Contains("give it a value in .env, as README.md says", refused.Error, StringComparison.Ordinal);
            await File.WriteAllTextAsync(env, (await File.ReadAllTextAsync(env, Token)).Replace($"{key}=\n", $"{key}=x\n", StringComparison.Ordinal), Token);
        }

        var taken = await ComposeAsync(folder, env);
        Assert.True(taken.ExitCode == 0, taken.ToString());
    }

    private static Task<CommandResult> ComposeAsync(string folder, string env)
    {
        var standsAlone = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(path => File.Exists(Path.Combine(path, "docker-compose")));
        string[] args = ["--env-file", env, "--project-directory", folder, "-f", Path.Combine(folder, "docker-compose.yaml"), "config", "--quiet"];
        return standsAlone ? CommandResult.RunAsync("docker-compose", args, Token) : CommandResult.RunAsync("docker", ["compose", .. args], Token);
    }
}
