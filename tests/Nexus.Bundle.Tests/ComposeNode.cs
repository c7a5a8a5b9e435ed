using Nexus.Images.Tests.Tools;
using Nexus.Manifests;
using Nexus.Testing;

namespace Nexus.Bundle.Tests;

/// <summary>A machine with a Docker Engine, on which the single-node Compose bundle was installed by its own install.sh.</summary>
public sealed class ComposeNode : IAsyncLifetime
{
    internal const string Address = "10.20.0.11";

    internal const string Yaml = """
        cluster: bundle
        worker_pools:
          web:
            image: nexus-test/web:1
            min_replicas: 2
            port: 8080
            health: { path: /index.html, interval: 1s }
        """;

    private const string ConsulImage = "nexus-test/consul:here";
    private Machine? _machine;

    internal Machine Node => _machine ?? throw new InvalidOperationException("The machine has not booted.");

    /// <summary>What install.sh said.</summary>
    internal string InstallOutput { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var images = await PublishedImages.FindAsync(cancellationToken);
        _machine = await Machine.BootAsync(
            new MachineKind(MachineKind.NewName("compose"), HasDocker: true) { Shared = [(images, "/srv/images")] }, cancellationToken);
        await Node.RunAsync(["ip", "addr", "add", $"{Address}/32", "dev", "lo"], cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Node.Root, "srv", "nexus.yaml"), Yaml, cancellationToken);
        await MakeForeignImagesAsync(cancellationToken);

        // Half a minute and more of silence, as shipped, is too long for a test.
        Directory.CreateDirectory(Path.Combine(Node.Root, "etc", "nexus"));
        await File.WriteAllTextAsync(
            Path.Combine(Node.Root, "etc", "nexus", "keeper.local.env"),
            "PAUSE=1\nLIMIT_consul=4\nLIMIT_orchestrator=4\nLIMIT_gateway=4\nLIMIT_worker=4\n", cancellationToken);
        await WriteAsync("1.0.0", options => options, cancellationToken);
        var installed = await InstallAsync("1.0.0", cancellationToken);
        InstallOutput = installed.Code == 0
            ? installed.Output
            : throw new InvalidOperationException($"install.sh left with {installed.Code}:\n{installed.All}\n{await Node.JournalAsync(cancellationToken)}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_machine is not null)
        {
            await _machine.DisposeAsync();
        }
    }

    /// <summary>Copies a bundle there, as a person would; our images come along as archives.</summary>
    internal async Task WriteAsync(string version, Func<BundleOptions, BundleOptions> change, CancellationToken cancellationToken)
    {
        var options = new BundleOptions { Version = version, Architecture = BundleFiles.Arch, ImageTag = PublishedImages.Tag, ConsulImage = ConsulImage };
        var folder = Path.Combine(Node.Root, "srv", $"node-{version}");
        await BundleFiles.WriteNodeAsync(folder, "node-1", Yaml, ClusterTopologies.SingleNode, DeploymentTarget.Compose, change(options), cancellationToken);
        File.CreateSymbolicLink(Path.Combine(folder, "images"), "/srv/images");
    }

    /// <summary>Nobody sets the clock in a container.</summary>
    internal Task<CommandResult> InstallAsync(string version, CancellationToken cancellationToken) =>
        Node.TryAsync([$"/srv/node-{version}/install.sh", "--accept", "clock"], cancellationToken);

    /// <summary>What would come from a public registry: Consul, and a replica, which is busybox's web server.</summary>
    private async Task MakeForeignImagesAsync(CancellationToken cancellationToken)
    {
        var consul = Path.Combine(Node.Root, "srv", "consul-image", "bin");
        var web = Path.Combine(Node.Root, "srv", "web-image");
        Directory.CreateDirectory(consul);
        Directory.CreateDirectory(Path.Combine(web, "bin"));
        Directory.CreateDirectory(Path.Combine(web, "www"));
        foreach (var part in Directory.EnumerateDirectories(Tool.Libraries(BundleFiles.Arch)))
        {
            // Debian's Consul needs a C library.
            await Command.MustAsync("cp", ["--archive", part, Path.GetDirectoryName(consul)!], cancellationToken);
        }

        File.Copy(ConsulBinary.Path, Path.Combine(consul, "consul"));
        File.Copy("/bin/busybox", Path.Combine(consul, "wget"));
        File.Copy("/bin/busybox", Path.Combine(web, "bin", "busybox"));
        await File.WriteAllTextAsync(Path.Combine(web, "www", "index.html"), "served by the bundle\n", cancellationToken);
        await Node.ShellAsync(
            $$"""
            tar -C /srv/consul-image -c . | docker import --change 'ENV PATH=/bin' - {{ConsulImage}}
            tar -C /srv/web-image -c . | docker import --change 'CMD ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]' - nexus-test/web:1
            rm -rf /srv/consul-image /srv/web-image
            """, cancellationToken);
    }
}
