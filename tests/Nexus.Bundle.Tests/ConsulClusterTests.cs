using System.Diagnostics;
using Nexus.Core.Spec;
using Nexus.Manifests;
using Nexus.Testing;

namespace Nexus.Bundle.Tests;

/// <summary>
/// Consul's configuration, certificates, tokens and firewalls of a cluster of three machines, together: agents that find and trust
/// each other, and tokens that allow what their parts do and nothing else.
/// </summary>
public sealed class ConsulClusterTests : IAsyncLifetime
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-consul-cluster-").FullName;
    private readonly List<Process> _agents = [];
    private Wire? _wire;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Wire Wire => _wire ?? throw new InvalidOperationException("There are no machines.");

    public async ValueTask InitializeAsync()
    {
        var topology = ClusterTopologies.Small;
        var spec = SpecReader.Read("worker_pools: { web: { image: x, port: 80 } }", "nexus.yaml").Spec!;
        foreach (var file in DeploymentBundles.Compute(spec, topology, DeploymentTarget.Systemd, new BundleOptions()))
        {
            var path = Path.Combine(_folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, file.Content, Cancel);
        }

        await Command.MustAsync("bash", [Path.Combine(_folder, "secrets.sh"), "--dir", Path.Combine(_folder, "secrets")], Cancel);
        _wire = await Wire.CreateAsync(topology.Machines.Select(m => (m.Name, m.Address)), Cancel);
        foreach (var machine in topology.Machines)
        {
            await Wire.RunAsync(machine.Name, ["nft", "-f", Path.Combine(_folder, "nodes", machine.Name, "etc", "firewall.nft")], Cancel);
            await StartAgentAsync(machine.Name);
        }

        await ApplyPoliciesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
        {
            agent.Kill();
            await agent.WaitForExitAsync(CancellationToken.None);
            agent.Dispose();
        }

        if (_wire is not null)
        {
            await _wire.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Machines_find_each_other_and_tokens_allow_no_more_than_their_part_does()
    {
        await WaitAsync("three machines are in the catalog", async () =>
            (await ConsulAsync("worker-1", "dns", "catalog", "nodes")).Output.Split('\n').Count(line => line.Contains("10.20.0.", StringComparison.Ordinal)) == 3);
        await ApplyPoliciesAsync(); // Again: nothing is made twice.

        (string Machine, string Part, string Verb, string Key, bool Allowed)[] table =
        [
            ("worker-1", "worker", "put", "nexus/observed/worker-1", true),
            ("worker-1", "worker", "put", "nexus/nodes/worker-1", true),
            ("worker-1", "worker", "put", "nexus/events/01", true),
            ("worker-1", "worker", "put", "nexus/observed/worker-2", false),
            ("worker-1", "worker", "put", "nexus/desired/worker-1", false),
            ("worker-1", "worker", "put", "nexus/spec/current", false),
            ("manager-1", "orchestrator", "put", "nexus/desired/worker-1", true),
            ("worker-1", "worker", "get", "nexus/desired/worker-1", true),
            ("worker-2", "worker", "get", "nexus/desired/worker-1", false),
            ("manager-1", "gateway", "put", "nexus/gateways/manager-1", true),
            ("manager-1", "gateway", "put", "nexus/desired/worker-1", false),
            ("manager-1", "gateway", "get", "nexus/nodes/worker-1", true),
            ("worker-1", "dns", "get", "nexus/nodes/worker-1", false),
        ];
        foreach (var (machine, part, verb, key, allowed) in table)
        {
            var done = await ConsulAsync(machine, part, verb == "put" ? ["kv", "put", key, "x"] : ["kv", "get", key]);
            Assert.True((done.Code == 0) == allowed, $"{part} of {machine}, {verb} {key}: {done.All}");
            Assert.True(allowed || done.All.Contains("403", StringComparison.Ordinal), done.All);
        }
    }

    private async Task StartAgentAsync(string machine)
    {
        var isOld = ConsulBinary.Version < new Version(1, 14);
        var secrets = Path.Combine(_folder, "secrets", machine);
        var config = Path.Combine(_folder, "run", machine, "config");
        Directory.CreateDirectory(Path.Combine(config, "tls"));
        foreach (var file in (string[])["nexus.hcl", isOld ? "dialect-1.8.hcl" : "dialect-1.14.hcl"])
        {
            var text = await File.ReadAllTextAsync(Path.Combine(_folder, "nodes", machine, "consul", file), Cancel);
            await File.WriteAllTextAsync(
                Path.Combine(config, file),
                text.Replace("/etc/nexus/consul", config, StringComparison.Ordinal)
                    .Replace("/var/lib/consul", Path.Combine(_folder, "run", machine, "data"), StringComparison.Ordinal), Cancel);
        }

        foreach (var file in (string[])["ca.pem", "cert.pem", "key.pem"])
        {
            File.Copy(Path.Combine(secrets, file), Path.Combine(config, "tls", file));
        }

        var management = File.Exists(Path.Combine(secrets, "management.token"))
            ? $"{(isOld ? "master" : "initial_management")} = \"{Secret(machine, "management.token")}\""
            : "";
        await File.WriteAllTextAsync(Path.Combine(config, "secrets.hcl"), $$"""
            encrypt = "{{Secret(machine, "gossip.key")}}"
            acl {
              tokens {
                agent = "{{Secret(machine, "agent.token")}}"
                default = "{{Secret(machine, "dns.token")}}"
                {{management}}
              }
            }
            """, Cancel);
        _agents.Add(Process.Start(new ProcessStartInfo(
            "nsenter", [$"--net=/run/netns/{Wire.Of(machine)}", ConsulBinary.Path, "agent", $"-config-dir={config}", $"-log-file={config}/../log"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
        _agents[^1].OutputDataReceived += static (_, _) => { };
        _agents[^1].ErrorDataReceived += static (_, _) => { };
        _agents[^1].BeginOutputReadLine();
        _agents[^1].BeginErrorReadLine();
    }

    private async Task ApplyPoliciesAsync()
    {
        var node = Path.Combine(_folder, "nodes", "manager-1");
        var secrets = Path.Combine(_folder, "secrets", "manager-1");
        await WaitAsync("Consul takes policies and tokens", async () => (await Wire.TryAsync(
            "manager-1",
            ["bash", Path.Combine(node, "consul-acl.sh"), Path.Combine(node, "consul", "acl"), Path.Combine(secrets, "acl-tokens.tsv"), Path.Combine(secrets, "management.token")],
            Cancel)).Code == 0);
    }

    private Task<CommandResult> ConsulAsync(string machine, string part, params string[] command) => Wire.TryAsync(
        machine, ["env", $"CONSUL_HTTP_TOKEN={Secret(machine, $"{part}.token")}", ConsulBinary.Path, .. command], Cancel);

    private string Secret(string machine, string file) => File.ReadAllText(Path.Combine(_folder, "secrets", machine, file)).Trim();

    private async Task WaitAsync(string what, Func<Task<bool>> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Limit)
            {
                var logs = Directory.EnumerateFiles(Path.Combine(_folder, "run"), "log*", SearchOption.AllDirectories)
                    .Select(log => $"{log}:\n{string.Join('\n', File.ReadLines(log).TakeLast(15))}");
                throw new TimeoutException($"Not within {Limit}: {what}.\n{string.Join('\n', logs)}");
            }

            await Task.Delay(Glance, TimeProvider.System, Cancel);
        }
    }
}
