using System.Text.Json;

namespace Nexus.Bundle.Tests;

/// <summary>The published Compose bundle of one machine, really installed and run by an engine of its own.</summary>
public sealed class ComposeNodeTests(ComposeNode installed) : IClassFixture<ComposeNode>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string[] Parts = ["consul", "orchestrator", "gateway", "worker"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Machine Node => installed.Node;

    private const int HighPort = 8080;

    [Fact]
    public async Task Install_brings_up_every_part_and_nexus_answers()
    {
        foreach (var part in Parts[1..])
        {
            Assert.Contains($"install: the {part} answers\n", installed.InstallOutput, StringComparison.Ordinal);
        }

        foreach (var part in Parts)
        {
            Assert.Equal("true", await InspectAsync(part, "{{.State.Running}}"));
            // As the engine does every half minute.
            var check = (await InspectAsync(part, "{{join .Config.Healthcheck.Test \" \"}}")).Split(' ');
            Assert.Equal("CMD", check[0]);
            await Node.WaitAsync($"the check of {part} is content: {string.Join(' ', check)}", Patience, async () =>
                (await Node.TryAsync(["docker", "exec", $"nexus-{part}", .. check[1..]], Cancel)).Code == 0, Cancel);
        }

        await Node.WaitAsync("nexus status names the leader and a ready node", Patience, async () =>
        {
            var status = await Node.TryAsync(["nexus", "status"], Cancel);
            return status.Code == 0 && status.Output.Contains("node-1", StringComparison.Ordinal)
                && status.Output.Contains("ready", StringComparison.OrdinalIgnoreCase);
        }, Cancel);
    }

    [Fact]
    public async Task A_pool_of_containers_is_served_through_the_gateway()
    {
        await ServeAsync();
        Assert.Equal(2, (await ReplicasAsync()).Length);
        using var nodes = JsonDocument.Parse(await Node.RunAsync(["nexus", "nodes", "-o", "json"], Cancel));
        Assert.Equal(1, nodes.RootElement.GetArrayLength());
    }

    [Fact]
    public async Task The_keeper_restarts_containers_that_hang()
    {
        var before = new Dictionary<string, string>();
        foreach (var part in Parts)
        {
            before[part] = await InspectAsync(part, "{{.State.Pid}}");
        }

        await Node.RunAsync(["kill", "-STOP", .. before.Values], Cancel);
        foreach (var part in Parts)
        {
            await Node.WaitAsync($"the keeper restarts the stopped {part}", Patience, async () =>
                await InspectAsync(part, "{{.State.Running}} {{.State.Pid}}") is var now && now.StartsWith("true ", StringComparison.Ordinal) && now != $"true {before[part]}", Cancel);
            Assert.Contains(
                $"the {part} has been silent for ",
                await Node.RunAsync(["journalctl", "--no-pager", "--unit=nexus-keeper"], Cancel), StringComparison.Ordinal);
        }

        await Node.WaitAsync("nexus answers", Patience, async () => (await Node.TryAsync(["nexus", "status"], Cancel)).Code == 0, Cancel);
    }

    [Fact]
    public async Task A_release_can_be_gone_back_from_and_replicas_outlive_both()
    {
        await ServeAsync();
        var first = await CurrentAsync();
        var replicas = await ReplicasAsync();
        var containers = await ContainersAsync();
        await installed.WriteAsync("1.0.1", options => options with { GatewayPort = HighPort, Environment = new Dictionary<string, string> { ["RELEASE"] = "second" } }, Cancel);
        var upgraded = await installed.InstallAsync("1.0.1", Cancel);
        Assert.Contains(": is 1.0.1-", upgraded.Must("install.sh"), StringComparison.Ordinal);
        Assert.Equal(first, (await Node.RunAsync(["readlink", "/opt/nexus/previous"], Cancel)).Trim());
        Assert.NotEqual(containers, await ContainersAsync());
        await ServeAsync(HighPort); // the agent is not root, and listens below it

        await Node.ShellAsync("\"$(readlink -f /opt/nexus/previous)\"/install.sh --accept clock", Cancel);
        Assert.Equal(first, await CurrentAsync());
        await ServeAsync();
        Assert.Equal(replicas, await ReplicasAsync());
    }

    [Fact]
    public async Task Install_refuses_and_changes_nothing_where_secrets_are_missing_or_placeholders()
    {
        var before = await StateAsync();
        await Node.ShellAsync(
            "rm -rf /srv/bad-secrets && cp -r /opt/nexus/secrets/node-1 /srv/bad-secrets && echo CHANGEME >/srv/bad-secrets/gateway.token && rm /srv/bad-secrets/gossip.key", Cancel);
        await installed.WriteAsync("2.0.0", options => options, Cancel);
        var refused = await Node.TryAsync(["/srv/node-2.0.0/install.sh", "--accept", "clock", "--secrets", "/srv/bad-secrets"], Cancel);
        Assert.Equal(1, refused.Code);
        Assert.Contains("/srv/bad-secrets/gateway.token is no token (a UUID), but maybe a placeholder", refused.Error, StringComparison.Ordinal);
        Assert.Contains("/srv/bad-secrets/gossip.key is missing", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("CHANGEME", refused.All, StringComparison.Ordinal);
        Assert.Equal(before, await StateAsync());
    }

    [Fact]
    public async Task Install_refuses_and_changes_nothing_where_an_image_cannot_be_had()
    {
        var before = await StateAsync();
        await installed.WriteAsync("3.0.0", options => options with { ImagePrefix = "127.0.0.1:1" }, Cancel);
        var refused = await installed.InstallAsync("3.0.0", Cancel);
        Assert.Equal(1, refused.Code);
        Assert.Contains("nothing was changed on node-1: the image 127.0.0.1:1/nexus/orchestrator:", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, await StateAsync());
    }

    [Fact]
    public async Task Install_again_changes_nothing()
    {
        var before = await ContainersAsync();
        var output = await Node.RunAsync(["/opt/nexus/current/install.sh", "--accept", "clock"], Cancel);
        Assert.Contains("already; nothing to do", output, StringComparison.Ordinal);
        Assert.Equal(before, await ContainersAsync());
    }

    [Fact]
    public async Task Secrets_are_in_files_of_their_readers_only()
    {
        var token = (await Node.RunAsync(["cat", "/etc/nexus/secrets/orchestrator.token"], Cancel)).Trim();
        Assert.DoesNotContain(token, await Node.RunAsync(["docker", "inspect", "nexus-orchestrator"], Cancel), StringComparison.Ordinal);
        Assert.Equal("", (await Node.TryAsync(["grep", "-rl", token, "/opt/nexus/current/"], Cancel)).Output.Replace("/opt/nexus/current/secrets", "", StringComparison.Ordinal));
        foreach (var file in (string[])["/etc/nexus/secrets/orchestrator.token", "/etc/nexus/consul/secrets.hcl", "/etc/nexus/consul/tls/key.pem"])
        {
            Assert.NotEqual(0, (await Node.TryAsync(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "cat", file], Cancel)).Code);
        }
    }

    private async Task<string> InspectAsync(string part, string format) =>
        (await Node.RunAsync(["docker", "inspect", "--format", format, $"nexus-{part}"], Cancel)).Trim();

    private async Task ServeAsync(int port = 80)
    {
        await Node.ShellAsync("cd /srv && nexus apply nexus.yaml --wait=60s", Cancel);
        await Node.WaitAsync($"the gateway serves the pool at port {port}", Patience, async () =>
            (await Node.GetAsync(ComposeNode.Address, port, "/index.html", Cancel)).EndsWith("served by the bundle\n", StringComparison.Ordinal), Cancel);
    }

    private async Task<string[]> ReplicasAsync() =>
        [.. (await Node.RunAsync(["docker", "ps", "--quiet", "--filter", "label=nexus.pool=web"], Cancel))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    private async Task<string> CurrentAsync() => (await Node.RunAsync(["readlink", "/opt/nexus/current"], Cancel)).Trim();

    /// <summary>What an installation would change.</summary>
    private async Task<string> StateAsync() => await ContainersAsync() + await Node.ShellAsync(
        "readlink /opt/nexus/current && ls /opt/nexus/releases && find /etc/nexus -type f -print0 | sort -z | xargs -0 sha256sum", Cancel);

    private async Task<string> ContainersAsync()
    {
        var ids = new List<string>();
        foreach (var part in Parts)
        {
            ids.Add(await InspectAsync(part, "{{.Id}}"));
        }

        return string.Join(' ', ids);
    }
}
