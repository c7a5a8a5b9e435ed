using System.Text.Json;
using Nexus.Api.V1;
using Nexus.Cli.Tests.Fakes;

namespace Nexus.Cli.Tests.Push;

/// <summary><c>nexus push</c> to real SSH servers, with a bundle whose install.sh writes down what it is asked.</summary>
public sealed class PushTests : IAsyncLifetime
{
    private const string Recorder = """
        #!/bin/sh
        here=$(dirname "$0")
        if [ "$1" = --check ]; then what=check; else what=install; fi
        echo "$what $(cat "$here/release") secret=$(cat "$here/secrets/cert.pem" 2>/dev/null) $*" >>"$RECORD"
        [ ! -e "$here/fail-$what" ] || { echo "the $what fails on purpose"; exit 3; }
        """;

    private readonly CliRun _run = new();
    private readonly List<SshHost> _hosts = [];
    private FakeCluster _cluster = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await FakeCluster.StartAsync();
        _cluster.Drain = new NodeDrainView("", true, 0, null);
        await SshHost.RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(_run.Directory, "user_key"));
        foreach (var name in (string[])["m1", "w1", "w2"])
        {
            _hosts.Add(await SshHost.StartAsync(_run.Directory, name));
            _run.Write($"bundle/nodes/{name}/install.sh", Recorder);
            SshHost.MakeExecutable(Path.Combine(_run.Directory, $"bundle/nodes/{name}/install.sh"));
            _run.Write($"bundle/nodes/{name}/release", "new");
            _run.Write($"bundle/nodes/{name}/etc/deep/file.conf", "x");
            _run.Write($"secrets/{name}/cert.pem", $"cert-of-{name}");
        }

        BundleFor("compose");
        _run.Write("bundle/nodes.tsv", "m1\t10.0.0.1\tconsul-server manager gateway\nw1\t10.0.0.2\tworker\nw2\t10.0.0.3\tworker\n");
        _run.Write("ssh_config", $"Host *\n  IdentityFile {_run.Directory}/user_key\n  IdentitiesOnly yes\n  UserKnownHostsFile {_run.Directory}/known_hosts\n  GlobalKnownHostsFile none\n");
        KnowHosts(_hosts);
        _cluster.Status = _cluster.Status with { Nodes = [.. new[] { "w1", "w2" }.Select(n => new NodeView { Name = n, Address = "10.0.0.2", Arch = "arm64", AgentVersion = "1" })] };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        await _cluster.DisposeAsync();
        _run.Dispose();
    }

    [Fact]
    public async Task Machines_get_it_in_the_order_of_the_bundle_each_worker_drained()
    {
        var result = await PushAsync("--all");

        Assert.True(result.Code == 0, result.Error);
        Assert.Equal("done: m1, w1, w2 have 2.0.0\n", result.Out);
        Assert.All(_hosts, host => Assert.Equal([$"check new secret=cert-of-{host.Name} --check", $"install new secret=cert-of-{host.Name} "], host.Recorded));
        Assert.All(_hosts, host => Assert.False(Directory.Exists(host.Path("staging")), "the staging folder is removed"));
        Assert.Equal(
            ["w1 drain", "w1 use", "w2 drain", "w2 use"],
            EligibilityRequests().Where((_, i) => i % 3 != 1)); // told to drain once, and asked again by the wait
    }

    [Fact]
    public async Task Programs_and_Consul_go_where_install_looks_for_them()
    {
        BundleFor("systemd");
        foreach (var program in (string[])["nexus", "Nexus.Orchestrator", "libcoreclr.so"])
        {
            _run.Write($"programs/{program}", "x");
        }

        _run.Write("consul-program", "x");
        _run.Write("bundle/nodes/m1/consul/nexus.hcl", "x");
        _run.Write("bundle/nodes/m1/install.sh", """
            #!/bin/sh
            cd "$(dirname "$0")" && find bin consul -type f | sort | xargs >>"$RECORD"
            """);

        var result = await PushAsync("--no-drain", "--binaries", "programs", "--consul", "consul-program", "m1");

        Assert.True(result.Code == 0, result.Error);
        Assert.Equal(
            "bin/Nexus.Orchestrator bin/libcoreclr.so bin/nexus consul/consul consul/nexus.hcl",
            string.Join(' ', _hosts[0].Recorded[0].Split(' ').Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Programs_that_are_missing_are_told_before_anything_is_touched()
    {
        BundleFor("systemd");

        var result = await PushAsync("m1");

        Assert.Equal(2, result.Code);
        Assert.Contains("there are no programs in ", result.Error);
        Assert.All(_hosts, host => Assert.Empty(host.Recorded));
    }

    [Fact]
    public async Task A_failure_stops_it_and_says_what_was_done_and_what_was_not()
    {
        _run.Write("bundle/nodes/w1/fail-install", "");

        var result = await PushAsync("--all");

        Assert.Equal((1, "done: m1 has 2.0.0\n"), (result.Code, result.Out));
        Assert.Contains("w1: the install fails on purpose\n", result.Error);
        Assert.Contains("error: stopped at w1: install.sh failed (exit code 3)\nnot touched: w2\nthe way back: nexus push m1 w1 --bundle ", result.Error);
        Assert.Contains("w1 is out of use; put it back with: nexus uncordon w1\n", result.Error);
        Assert.Empty(_hosts[2].Recorded);
    }

    [Fact]
    public async Task A_machine_whose_checks_refuse_is_not_drained()
    {
        _run.Write("bundle/nodes/w1/fail-check", "");

        var result = await PushAsync("-o", "json", "--all");

        Assert.Equal(1, result.Code);
        using var outcome = JsonDocument.Parse(result.Out);
        Assert.Equal("w1", outcome.RootElement.GetProperty("failed").GetString());
        Assert.Equal("its checks refuse (exit code 3)", outcome.RootElement.GetProperty("reason").GetString());
        Assert.Empty(_cluster.EligibilityCommands);
    }

    [Theory]
    [InlineData("wrong", "", "REMOTE HOST IDENTIFICATION HAS CHANGED")]
    [InlineData("wrong", "--accept-new-host-keys", "REMOTE HOST IDENTIFICATION HAS CHANGED")]
    [InlineData("none", "", "Host key verification failed")]
    public async Task A_host_key_that_is_not_known_is_refused_before_anything_is_touched(string known, string option, string words)
    {
        if (known == "wrong")
        {
            KnowHosts(_hosts.Take(2));
            await File.AppendAllTextAsync(Path.Combine(_run.Directory, "known_hosts"), $"[127.0.0.1]:{_hosts[2].Port} {_hosts[0].KnownHost.Split(' ', 2)[1]}\n", TestContext.Current.CancellationToken);
        }
        else
        {
            KnowHosts([]);
        }

        var result = await PushAsync([.. option.Length > 0 ? [option] : Array.Empty<string>(), "--all"]);

        Assert.Equal((1, ""), (result.Code, result.Out));
        Assert.Contains(words, result.Error);
        Assert.Contains($"w2 ({Environment.UserName}@127.0.0.1:", result.Error);
        Assert.Contains("Nothing was changed.", result.Error);
        Assert.All(_hosts, host => Assert.Empty(host.Recorded));
        Assert.Empty(_cluster.EligibilityCommands);
    }

    [Fact]
    public async Task New_host_keys_are_believed_and_remembered_when_told_to()
    {
        KnowHosts([]);

        var result = await PushAsync("--accept-new-host-keys", "m1");

        Assert.True(result.Code == 0, result.Error);
        Assert.Contains($"127.0.0.1]:{_hosts[0].Port}", await File.ReadAllTextAsync(Path.Combine(_run.Directory, "known_hosts"), TestContext.Current.CancellationToken));
        Assert.Equal(2, _hosts[0].Recorded.Length);
    }

    [Fact]
    public async Task Back_runs_the_release_before_in_the_reverse_order()
    {
        foreach (var host in _hosts)
        {
            Directory.CreateDirectory(host.Path("opt/releases/old"));
            await File.WriteAllTextAsync(host.Path("opt/releases/old/install.sh"), Recorder, TestContext.Current.CancellationToken);
            SshHost.MakeExecutable(host.Path("opt/releases/old/install.sh"));
            await File.WriteAllTextAsync(host.Path("opt/releases/old/release"), "old", TestContext.Current.CancellationToken);
            File.CreateSymbolicLink(host.Path("opt/previous"), host.Path("opt/releases/old"));
        }

        File.Delete(_hosts[0].Path("opt/previous"));
        var result = await PushAsync("--back", "--all");

        Assert.Equal((1, "done: w2, w1 have the release before\n"), (result.Code, result.Out));
        Assert.Contains("stopped at m1: it has no earlier release", result.Error);
        Assert.Equal(["install old secret= "], _hosts[1].Recorded);
        Assert.Empty(_hosts[0].Recorded);
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_is_known_before_anything_is_touched()
    {
        var away = await _run.RunAsync(Args(["--all", "--address", "http://127.0.0.1:1"]));
        Assert.Equal(3, away.Code);
        Assert.All(_hosts, host => Assert.Empty(host.Recorded));
    }

    [Fact]
    public async Task Without_a_cluster_nothing_needs_to_be_drained()
    {
        var result = await _run.RunAsync(Args(["--no-drain", "w1", "--address", "http://127.0.0.1:1"]));

        Assert.True(result.Code == 0, result.Error);
        Assert.Equal(2, _hosts[1].Recorded.Length);
    }

    [Fact]
    public async Task A_dry_run_says_what_it_would_do_and_logs_in_nowhere()
    {
        KnowHosts([]);

        var result = await PushAsync("--dry-run", "w1");

        Assert.Equal(0, result.Code);
        Assert.StartsWith("w1: would send nodes/w1 to ", result.Out, StringComparison.Ordinal);
        Assert.EndsWith("w1: would drain it and wait until it is empty\nw1: would run install.sh of 2.0.0\nw1: would put it back to use\n", result.Out, StringComparison.Ordinal);
        Assert.All(_hosts, host => Assert.Empty(host.Recorded));
    }

    [Theory]
    [InlineData("name machines, or --all. This bundle has m1, w1, w2.", "bundle")]
    [InlineData("there is no machine w9 in this bundle; there are m1, w1, w2.", "bundle", "w9")]
    [InlineData("'w1=-oProxyCommand=x' is no target", "bundle", "w1=-oProxyCommand=x")]
    [InlineData("w1 is named twice.", "bundle", "w1", "w1=x")]
    [InlineData("is no published bundle: cluster.env cannot be read", "nowhere", "w1")]
    [InlineData("there are no secrets for w1 in ", "bundle", "w1", "--secrets", "nowhere")]
    public async Task Wrong_usage_is_told(string message, string bundle, params string[] args)
    {
        var result = await _run.RunAsync([.. (string[])["push", "--bundle", bundle], .. args]);

        Assert.Equal((2, ""), (result.Code, result.Out));
        Assert.Contains(message, result.Error);
    }

    [Fact]
    public async Task The_folder_that_was_published_will_do()
    {
        Directory.CreateDirectory(Path.Combine(_run.Directory, "published"));
        Directory.Move(Path.Combine(_run.Directory, "bundle"), Path.Combine(_run.Directory, "published", "machines"));

        var result = await _run.RunAsync("push", "--bundle", "published");

        Assert.Contains("name machines, or --all. This bundle has m1, w1, w2.", result.Error);
    }

    private void BundleFor(string target) =>
        _run.Write("bundle/cluster.env", $"# Read by scripts.\nCLUSTER=demo\nDATACENTER=dc1\nTARGET={target}\nARCHITECTURE=arm64\nVERSION=2.0.0\nSSH_USER={Environment.UserName}\nSSH_PORT=22\n");

    private Task<CliResult> PushAsync(params string[] args) => _run.RunAsync(_cluster, Args(args));

    // Targets by name get the address and port of their host here.
    private string[] Args(string[] args) =>
    [
        "push", "--bundle", "bundle", "--secrets", "secrets", "--ssh-config", "ssh_config",
        .. args.SelectMany(arg => arg == "--all"
            ? ["--all", .. _hosts.Select(Destination)]
            : _hosts.Find(host => host.Name == arg) is { } host ? [Destination(host)] : (string[])[arg]),
    ];

    private static string Destination(SshHost host) => $"{host.Name}={Environment.UserName}@127.0.0.1:{host.Port}";

    private void KnowHosts(IEnumerable<SshHost> hosts) =>
        File.WriteAllText(Path.Combine(_run.Directory, "known_hosts"), string.Concat(hosts.Select(host => host.KnownHost + "\n")));

    private IEnumerable<string> EligibilityRequests() => _cluster.Requests
        .Where(r => r.Method == "PUT" && r.Target.EndsWith("/eligibility", StringComparison.Ordinal))
        .Select(r => r.Target.Split('/')[3]).Zip(_cluster.EligibilityCommands, (node, command) => $"{node} {(command.Draining ? "drain" : "use")}");
}
