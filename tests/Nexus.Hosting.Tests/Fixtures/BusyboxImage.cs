using System.Diagnostics;
using Nexus.Hosting.Engine.Containers;

namespace Nexus.Hosting.Tests.Fixtures;

/// <summary>An image with nothing but busybox, made of this machine's own: there is no registry to take one from.</summary>
public sealed class BusyboxImage : IAsyncLifetime
{
    public const string Name = "nexus-hosting-tests-busybox";

    internal static DockerCommand? Docker { get; } = DockerCommand.Find();

    public async ValueTask InitializeAsync()
    {
        Assert.True(
            File.Exists("/bin/busybox") && Docker is not null && (await Docker.TryRunAsync(["version"], Deadline.Token)).ExitCode == 0,
            "These tests need a Docker Engine that answers and a static /bin/busybox: ./eng/test.sh sees to both.");
        var root = Directory.CreateTempSubdirectory("nexus-busybox-");
        try
        {
            var bin = root.CreateSubdirectory("bin").FullName;
            File.Copy("/bin/busybox", Path.Combine(bin, "busybox"));
            File.CreateSymbolicLink(Path.Combine(bin, "sh"), "busybox");
            root.CreateSubdirectory("www");
            using var import = Process.Start("sh", ["-c", $"tar -C {root.FullName} -c . | docker import - {Name}:v1 >/dev/null"]);
            await import.WaitForExitAsync(Deadline.Token);
            Assert.Equal(0, import.ExitCode);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    public async ValueTask DisposeAsync() => await Docker!.TryRunAsync(["rmi", "--force", $"{Name}:v1"], CancellationToken.None);
}
