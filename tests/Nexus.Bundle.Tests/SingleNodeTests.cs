using System.Text.Json;

namespace Nexus.Bundle.Tests;

/// <summary>The published bundle of one machine, really installed and run.</summary>
public sealed class SingleNodeTests(InstalledNode installed) : IClassFixture<InstalledNode>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Machine Node => installed.Node;

    [Fact]
    public async Task Install_brings_up_every_part_and_nexus_answers()
    {
        foreach (var part in (string[])["orchestrator", "gateway", "worker"])
        {
            Assert.Contains($"install: the {part} answers\n", installed.InstallOutput, StringComparison.Ordinal);
        }

        foreach (var unit in (string[])["consul", "nexus-orchestrator", "nexus-gateway", "nexus-worker", "nexus-firewall"])
        {
            Assert.Equal("active", (await Node.TryAsync(["systemctl", "is-active", unit], Cancel)).Output.Trim());
            Assert.Equal("enabled", (await Node.TryAsync(["systemctl", "is-enabled", unit], Cancel)).Output.Trim());
        }

        await Node.WaitAsync("nexus status names the leader and a ready node", Patience, async () =>
        {
            var status = await Node.TryAsync(["nexus", "status"], Cancel);
            return status.Code == 0 && status.Output.Contains("node-1", StringComparison.Ordinal)
                && status.Output.Contains("ready", StringComparison.OrdinalIgnoreCase);
        }, Cancel);
    }

    [Fact]
    public async Task A_pool_is_served_through_the_gateway_under_the_tokens_of_its_parts()
    {
        await Node.RunAsync(["nexus", "apply", "/srv/nexus.yaml", "--wait=60s"], Cancel);
        await Node.WaitAsync("the gateway serves the pool at port 80", Patience, async () =>
            (await GetAsync(InstalledNode.Address, 80, "/index.html")).EndsWith("served by the bundle\n", StringComparison.Ordinal), Cancel);

        // Refused by Consul's policies, things would look empty rather than fail: what every part writes must be there.
        using var nodes = JsonDocument.Parse(await Node.RunAsync(["nexus", "nodes", "-o", "json"], Cancel));
        Assert.Equal(1, nodes.RootElement.GetArrayLength());
        var events = await Node.RunAsync(["nexus", "events"], Cancel);
        Assert.Contains("web", events, StringComparison.Ordinal);
        var journal = await Node.RunAsync(["journalctl", "--no-pager", "--unit=nexus-*", "--since=-15s"], Cancel);
        Assert.DoesNotContain("Permission denied", journal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Install_again_changes_nothing()
    {
        var before = await MainPidsAsync();
        var output = await Node.RunAsync(["/opt/nexus/current/install.sh", "--accept", "clock"], Cancel);
        Assert.Contains("already; nothing to do", output, StringComparison.Ordinal);
        Assert.Equal(before, await MainPidsAsync());
    }

    [Fact]
    public async Task The_watchdog_restarts_a_manager_that_hangs()
    {
        var before = await MainPidAsync("nexus-orchestrator");
        Assert.NotEqual("0", before);
        await Node.RunAsync(["kill", "-STOP", before], Cancel);
        await Node.WaitAsync("systemd restarts the stopped manager", Patience, async () =>
            await MainPidAsync("nexus-orchestrator") is var now && now != "0" && now != before, Cancel);
        await Node.WaitAsync("the new manager leads", Patience, async () =>
            (await Node.TryAsync(["nexus", "status"], Cancel)).Code == 0, Cancel);
        Assert.Contains(
            "Watchdog timeout",
            await Node.RunAsync(["journalctl", "--no-pager", "--unit=nexus-orchestrator"], Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_are_in_files_of_their_readers_only()
    {
        var token = (await Node.RunAsync(["cat", "/etc/nexus/secrets/orchestrator.token"], Cancel)).Trim();
        var pid = await MainPidAsync("nexus-orchestrator");
        Assert.DoesNotContain(token, await Node.RunAsync(["cat", $"/proc/{pid}/environ"], Cancel), StringComparison.Ordinal);
        Assert.Equal("", (await Node.TryAsync(["grep", "-rl", token, "/etc/systemd", "/etc/nexus/orchestrator.env", "/opt/nexus/current/etc"], Cancel)).Output);
        foreach (var file in (string[])["/etc/nexus/secrets/orchestrator.token", "/etc/nexus/consul/secrets.hcl", "/etc/nexus/consul/tls/key.pem"])
        {
            var refused = await Node.TryAsync(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "cat", file], Cancel);
            Assert.NotEqual(0, refused.Code);
        }

        // Whoever has no token sees names of services, and no state.
        Assert.StartsWith("HTTP/1.0 403", await GetAsync("127.0.0.1", 8500, "/v1/kv/nexus/spec/current"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.0 200", await GetAsync("127.0.0.1", 8500, "/v1/health/service/nexus-worker"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_firewall_is_loaded_and_everything_listens_where_it_should()
    {
        var table = await Node.RunAsync(["nft", "list", "table", "inet", "nexus"], Cancel);
        Assert.Contains("policy drop", table, StringComparison.Ordinal);
        var listening = await Node.RunAsync(["ss", "-Hltn"], Cancel);
        foreach (var socket in (string[])["127.0.0.1:8500", "10.20.0.11:8301", "10.20.0.11:8420", "10.20.0.11:7410", "10.20.0.11:8081", "*:80"])
        {
            Assert.Contains($" {socket} ", listening, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("*:8500 ", listening, StringComparison.Ordinal);
        Assert.DoesNotContain("0.0.0.0:8500 ", listening, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_can_be_gone_back_from()
    {
        var first = await CurrentAsync();
        Assert.Contains(": is 1.0.1-", await installed.InstallAsync("1.0.1", Cancel), StringComparison.Ordinal);
        Assert.StartsWith("/opt/nexus/releases/1.0.1-", await CurrentAsync(), StringComparison.Ordinal);
        Assert.Equal(first, (await Node.RunAsync(["readlink", "/opt/nexus/previous"], Cancel)).Trim());

        await Node.ShellAsync("\"$(readlink -f /opt/nexus/previous)\"/install.sh --accept clock", Cancel);
        Assert.Equal(first, await CurrentAsync());
        Assert.Equal(0, (await Node.TryAsync(["nexus", "status"], Cancel)).Code);
    }

    [Fact]
    public async Task Install_refuses_and_changes_nothing_where_a_port_is_taken()
    {
        // Another program has the port that the bundle wants for its gateway.
        await Node.ShellAsync("cp -rL /opt/nexus/current/. /srv/other && sed -i 's/gateway:80 /gateway:7777 /' /srv/other/node.env", Cancel);
        await Node.RunAsync(["systemd-run", "--unit=squatter", "/bin/busybox", "httpd", "-f", "-p", "127.0.0.1:7777"], Cancel);
        await Node.WaitAsync("the other program listens", Patience, async () =>
            (await Node.RunAsync(["ss", "-Hltn"], Cancel)).Contains(":7777 ", StringComparison.Ordinal), Cancel);
        var before = await CurrentAsync();
        var refused = await Node.TryAsync(["/srv/other/install.sh", "--accept", "clock"], Cancel);
        await Node.RunAsync(["systemctl", "stop", "squatter"], Cancel);
        Assert.Equal(1, refused.Code);
        Assert.Contains("port 7777, which gateway needs, is taken", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, await CurrentAsync());
    }

    [Fact]
    public async Task Install_refuses_and_changes_nothing_where_secrets_are_missing_or_placeholders()
    {
        var before = await StateAsync();
        await Node.ShellAsync(
            "rm -rf /srv/bad-secrets && cp -r /opt/nexus/secrets/node-1 /srv/bad-secrets && echo CHANGEME >/srv/bad-secrets/gateway.token && rm /srv/bad-secrets/key.pem", Cancel);
        var refused = await Node.TryAsync(["/opt/nexus/current/install.sh", "--accept", "clock", "--secrets", "/srv/bad-secrets"], Cancel);
        Assert.Equal(1, refused.Code);
        Assert.Contains("/srv/bad-secrets/gateway.token is no token (a UUID), but maybe a placeholder", refused.Error, StringComparison.Ordinal);
        Assert.Contains("/srv/bad-secrets/key.pem is missing", refused.Error, StringComparison.Ordinal);

        // What was lost of the installed ones is missed as well.
        await Node.ShellAsync("mv /etc/nexus/secrets/gateway.token /srv/kept.token", Cancel);
        var lost = await Node.TryAsync(["/opt/nexus/current/install.sh", "--accept", "clock"], Cancel);
        await Node.ShellAsync("mv /srv/kept.token /etc/nexus/secrets/gateway.token", Cancel);
        Assert.Equal(1, lost.Code);
        Assert.Contains("/etc/nexus/secrets/gateway.token is missing", lost.Error, StringComparison.Ordinal);
        Assert.Equal(before, await StateAsync());
    }

    /// <summary>What an installation would change.</summary>
    private async Task<string> StateAsync() => await MainPidsAsync() + await Node.ShellAsync(
        "readlink /opt/nexus/current && ls /opt/nexus/releases && find /etc/nexus -type f -print0 | sort -z | xargs -0 sha256sum", Cancel);

    private async Task<string> CurrentAsync() => (await Node.RunAsync(["readlink", "/opt/nexus/current"], Cancel)).Trim();

    private async Task<string> MainPidAsync(string unit) =>
        (await Node.RunAsync(["systemctl", "show", "--property=MainPID", "--value", unit], Cancel)).Trim();

    private async Task<string> MainPidsAsync() => string.Join(
        ' ', await MainPidAsync("consul"), await MainPidAsync("nexus-orchestrator"), await MainPidAsync("nexus-gateway"), await MainPidAsync("nexus-worker"));

    private Task<string> GetAsync(string host, int port, string path) => Node.GetAsync(host, port, path, Cancel);
}
