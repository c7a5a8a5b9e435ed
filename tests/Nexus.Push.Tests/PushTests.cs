using Nexus.Bundle.Tests;

namespace Nexus.Push.Tests;

/// <summary>
/// The published bundle of three machines, brought to them by <c>nexus push</c> over SSH: first to bare ones, then a second release, then
/// back; and what is left of the cluster when a machine dies. One story, since each part needs the one before.
/// </summary>
public sealed class PushTests
{
    private const string Yaml = """
        cluster: trio
        worker_pools:
          web:
            min_replicas: 3
            port: 8080
            health: { path: /index.html, interval: 1s }
            process: { command: [/bin/busybox, httpd, -f, -h, /srv/web, -p, "{port}"] }
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_is_installed_renewed_and_taken_back_by_push_and_outlives_a_machine()
    {
        await using var cluster = await PushedCluster.BootAsync(Yaml, Cancel);
        await cluster.PublishAsync("1.0.0", Yaml, Cancel);
        await cluster.MakeSecretsAsync("1.0.0", Cancel);
        await UnknownHostsAreRefusedAsync(cluster);
        await cluster.KnowHostsAsync(Cancel);
        await TheFirstFailureStopsItAsync(cluster);
        await ServeAsync(cluster, cluster.Machines[1], "10.20.0.12");

        await cluster.PublishAsync("1.0.1", Yaml, Cancel);
        await TheSecondReleaseComesToDrainedMachinesAsync(cluster);
        await OneGoesBackAsync(cluster);

        await cluster.Machines[0].KillAsync(Cancel);
        await ServeAsync(cluster, cluster.Machines[1], "10.20.0.12", replicas: 4);
    }

    private static async Task UnknownHostsAreRefusedAsync(PushedCluster cluster)
    {
        var refused = await cluster.PushAsync("1.0.0", ["--all", "--no-drain"], Cancel);
        Assert.Equal(1, refused.Code);
        Assert.Contains("Host key verification failed", refused.Error, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", refused.Error, StringComparison.Ordinal);
        Assert.All(cluster.Machines, machine => Assert.False(Directory.Exists(Path.Combine(machine.Root, "opt", "nexus"))));
    }

    private static async Task TheFirstFailureStopsItAsync(PushedCluster cluster)
    {
        // The last machine has another program where the manager should be.
        var last = cluster.Machines[2];
        await last.RunAsync(["systemd-run", "--quiet", "--unit=squatter", "/bin/busybox", "httpd", "-f", "-p", "127.0.0.1:8420"], Cancel);
        await last.WaitAsync("the other program listens", Patience, async () =>
            (await last.RunAsync(["ss", "-Hltn"], Cancel)).Contains(":8420 ", StringComparison.Ordinal), Cancel);
        var stopped = await cluster.PushAsync("1.0.0", ["--all", "--no-drain"], Cancel);
        Assert.True(stopped.Code == 1, stopped.All);
        Assert.True(
            stopped.Error.Contains("port 8420, which orchestrator needs, is taken", StringComparison.Ordinal)
            && stopped.Error.Contains("stopped at node-3: its checks refuse", StringComparison.Ordinal), stopped.All);
        Assert.Equal("done: node-1, node-2 have 1.0.0\n", stopped.Output);
        Assert.False(Directory.Exists(Path.Combine(last.Root, "opt", "nexus")));

        await last.RunAsync(["systemctl", "stop", "squatter"], Cancel);
        var rest = await cluster.PushAsync("1.0.0", ["node-3", "--no-drain"], Cancel);
        Assert.True(rest.Code == 0, rest.All);
        await cluster.Machines[0].WaitAsync("three machines are ready", Patience, async () =>
            (await cluster.NexusAsync(["nodes", "-o", "json", "--address", "http://10.20.0.11:8420"], Cancel)).Output.Split("\"Ready\"", StringSplitOptions.None).Length == 4, Cancel);
    }

    private static async Task TheSecondReleaseComesToDrainedMachinesAsync(PushedCluster cluster)
    {
        var pushed = await cluster.PushAsync("1.0.1", ["--all"], Cancel);
        Assert.True(pushed.Code == 0, pushed.All);
        Assert.Equal("done: node-1, node-2, node-3 have 1.0.1\n", pushed.Output);
        foreach (var (machine, plan) in cluster.Machines.Zip(PushedCluster.Topology.Machines))
        {
            Assert.StartsWith("/opt/nexus/releases/1.0.1-", await machine.RunAsync(["readlink", "/opt/nexus/current"], Cancel), StringComparison.Ordinal);
            Assert.StartsWith("/opt/nexus/releases/1.0.0-", await machine.RunAsync(["readlink", "/opt/nexus/previous"], Cancel), StringComparison.Ordinal);
            Assert.False(Directory.Exists(Path.Combine(machine.Root, "var", "tmp", "nexus-push")), $"what was sent to {plan.Name} is removed, secrets above all");
            // In the push's own words: emptied first, installed, put back to use.
            var drained = pushed.Error.IndexOf($"{plan.Name}: empty after ", StringComparison.Ordinal);
            var installed = pushed.Error.IndexOf($"install: {plan.Name}: is 1.0.1-", StringComparison.Ordinal);
            Assert.True(drained >= 0 && drained < installed, pushed.Error);
        }

        await ServeAsync(cluster, cluster.Machines[0], "10.20.0.11");
    }

    private static async Task OneGoesBackAsync(PushedCluster cluster)
    {
        var back = await cluster.RolloutAsync("1.0.1", ["back", "--only", "node-1"], Cancel);
        Assert.True(back.Code == 0, back.All);
        Assert.Contains("rollout: draining node-1", back.Output, StringComparison.Ordinal);
        var status = await cluster.RolloutAsync("1.0.1", ["status"], Cancel);
        Assert.Matches("node-1\t1\\.0\\.0-[0-9a-f]+, before: 1\\.0\\.1-.*\nnode-2\t1\\.0\\.1-", status.Output);
    }

    private static async Task ServeAsync(PushedCluster cluster, Machine machine, string address, int replicas = 3)
    {
        var spec = await cluster.WriteAsync("nexus.yaml", Yaml.Replace("min_replicas: 3", $"min_replicas: {replicas}", StringComparison.Ordinal), Cancel);
        string[] at = ["--address", $"http://{address}:8420"];
        // A manager whose leader has just died answers after a moment.
        await machine.WaitAsync($"the spec is applied through {address}", Patience, async () =>
            (await cluster.NexusAsync(["apply", spec, .. at], Cancel)).Code == 0, Cancel);
        var settled = await cluster.NexusAsync(["apply", spec, "--wait=2m", .. at], Cancel);
        Assert.True(settled.Code == 0, settled.All);
        await machine.WaitAsync($"{address} serves the pool", Patience, async () =>
            (await machine.GetAsync(address, 80, "/index.html", Cancel)).Contains("served by node-", StringComparison.Ordinal), Cancel);
    }
}
