using System.Formats.Tar;
using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
using Nexus.Runtime.Docker;

namespace Nexus.Runtime.Tests.Docker;

/// <summary>An image of a static busybox alone, made through the engine: tests need no registry.</summary>
internal static class TestImage
{
    public const string Name = "nexus/test-busybox:local";
    private const string Busybox = "/bin/busybox";

    private static readonly string[] Programs = ["sh", "sleep", "echo", "true", "false", "cat", "touch", "tail", "nc", "httpd", "busybox"];
    private static readonly Task<string?> Making = MakeAsync(); // once for all tests

    /// <summary>Skips the test where there is no engine or no busybox to make it of.</summary>
    public static async Task RequireAsync()
    {
        if (await Making is { } reason)
        {
            Assert.Skip(reason);
        }
    }

    public static DockerClient Client() =>
        new DockerClientBuilder().WithEndpoint(new DockerRuntimeOptions { Cluster = "t", Node = new("n") }.ResolveEndpoint()).Build();

    private static async Task<string?> MakeAsync()
    {
        if (!File.Exists(Busybox))
        {
            return $"{Busybox} is missing; install busybox-static.";
        }

        using var client = Client();
        try
        {
            await client.Images.InspectImageAsync(Name);
            return null;
        }
        catch (DockerImageNotFoundException)
        {
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or IOException)
        {
            return $"No Docker Engine answers: {e.Message}";
        }

        using var tar = Tar();
        var parameters = new ImagesCreateParameters
        {
            FromSrc = "-",
            Repo = Name.Split(':')[0],
            Tag = Name.Split(':')[1],
            Changes = ["ENV PATH=/bin", "CMD [\"/bin/sleep\",\"1000\"]"],
        };
        await client.Images.CreateImageAsync(parameters, tar, authConfig: null, new DirectProgress<JSONMessage>(_ => { }));
        return null;
    }

    private static MemoryStream Tar()
    {
        var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, leaveOpen: true))
        {
            Directory(writer, "bin", 0b111_101_101);
            Directory(writer, "etc", 0b111_101_101);
            Directory(writer, "tmp", 0b1_111_111_111);
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "etc/passwd")
            {
                DataStream = new MemoryStream(Encoding.ASCII.GetBytes("root:x:0:0::/:/bin/sh\n")),
            });
            foreach (var program in Programs)
            {
                using var binary = program == "busybox" ? File.OpenRead(Busybox) : null;
                writer.WriteEntry(binary is null
                    ? new PaxTarEntry(TarEntryType.SymbolicLink, $"bin/{program}") { LinkName = "busybox" }
                    : new PaxTarEntry(TarEntryType.RegularFile, "bin/busybox") { DataStream = binary, Mode = (UnixFileMode)0b111_101_101 });
            }
        }

        stream.Position = 0;
        return stream;
    }

    private static void Directory(TarWriter writer, string name, int mode) =>
        writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, name + "/") { Mode = (UnixFileMode)mode });
}
