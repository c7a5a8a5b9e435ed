using Nexus.Manifests;
using Nexus.Testing;

namespace Nexus.Bundle.Tests;

/// <summary>A machine with the single-node bundle installed by its own install.sh.</summary>
public sealed class InstalledNode : IAsyncLifetime
{
    internal const string Address = "10.20.0.11";

    /// <summary>Replicas are busybox's web server, as processes: there is no engine inside.</summary>
    internal const string Yaml = """
        cluster: bundle
        worker_pools:
          web:
            min_replicas: 2
            port: 8080
            health: { path: /index.html, interval: 1s }
            process: { command: [/bin/busybox, httpd, -f, -h, /srv/web, -p, "{port}"] }
        """;

    private Machine? _machine;

    internal Machine Node => _machine ?? throw new InvalidOperationException("The machine has not booted.");

    /// <summary>What install.sh said.</summary>
    internal string InstallOutput { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var programs = await PublishedPrograms.FindAsync(cancellationToken);
        _machine = await Machine.BootAsync(new MachineKind(MachineKind.NewName("systemd")), cancellationToken);
        await Node.RunAsync(["ip", "addr", "add", $"{Address}/32", "dev", "lo"], cancellationToken);
        await PrepareAsync(programs, cancellationToken);
        InstallOutput = await InstallAsync("1.0.0", cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_machine is not null)
        {
            await _machine.DisposeAsync();
        }
    }

    /// <summary>Copies a bundle there, as a person would, and installs it.</summary>
    internal async Task<string> InstallAsync(string version, CancellationToken cancellationToken)
    {
        var options = new BundleOptions { Version = version, Architecture = BundleFiles.Arch, Runtime = ReplicaRuntime.Process };
        var folder = Path.Combine(Node.Root, "srv", $"node-{version}");
        await BundleFiles.WriteNodeAsync(folder, "node-1", Yaml, ClusterTopologies.SingleNode, DeploymentTarget.Systemd, options, cancellationToken);
        await Command.MustAsync("cp", ["--archive", "--link", Path.Combine(Node.Root, "srv", "programs"), Path.Combine(folder, "bin")], cancellationToken);
        await Command.MustAsync("cp", [ConsulBinary.Path, Path.Combine(folder, "consul", "consul")], cancellationToken);

        // Nobody sets the clock in a container, and its memory is this machine's.
        var installed = await Node.TryAsync([$"/srv/node-{version}/install.sh", "--accept", "clock"], cancellationToken);
        return installed.Code == 0
            ? installed.Output
            : throw new InvalidOperationException($"install.sh left with {installed.Code}:\n{installed.All}\n{await Node.JournalAsync(cancellationToken)}");
    }

    private async Task PrepareAsync(string programs, CancellationToken cancellationToken)
    {
        await Command.MustAsync("cp", ["--archive", programs, Path.Combine(Node.Root, "srv", "programs")], cancellationToken);
        Directory.CreateDirectory(Path.Combine(Node.Root, "srv", "web"));
        await File.WriteAllTextAsync(Path.Combine(Node.Root, "srv", "web", "index.html"), "served by the bundle\n", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Node.Root, "srv", "nexus.yaml"), Yaml, cancellationToken);

        // The minute that the manager has in earnest is too long for a test; everything else is as shipped.
        var folder = Directory.CreateDirectory(Path.Combine(Node.Root, "etc", "systemd", "system", "nexus-orchestrator.service.d")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "test.conf"), "[Service]\nWatchdogSec=4\n", cancellationToken);
    }
}
