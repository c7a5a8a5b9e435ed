using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Nexus.Images.Tests.Tools;

namespace Nexus.Images.Tests.Registry;

/// <summary>
/// A base image for places without a public registry, as docs/images.md describes one: the C libraries, .NET where images of
/// this machine's architecture really run, an unprivileged user.
/// </summary>
internal static class BaseImage
{
    public const string Repository = "nexus-test/base";

    /// <summary>For both architectures under one name.</summary>
    public const string Tag = "all";

    /// <summary>For this machine's architecture, without .NET.</summary>
    public const string Bare = "bare";

    /// <summary>This machine's architecture.</summary>
    public static readonly string Native = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";

    public static async Task PushAsync(RegistryClient registry, CancellationToken cancellationToken)
    {
        var manifests = new JsonArray();
        foreach (var architecture in new[] { "amd64", "arm64" })
        {
            // Each has its architecture as a tag as well.
            var descriptor = await PushAsync(registry, architecture, architecture, withDotnet: architecture == Native, cancellationToken);
            descriptor["platform"] = new JsonObject { ["architecture"] = architecture, ["os"] = "linux" };
            manifests.Add(descriptor);
        }

        var index = new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = RegistryClient.IndexType, ["manifests"] = manifests };
        await registry.PushManifestAsync(Repository, Tag, index, RegistryClient.IndexType, cancellationToken);
        await PushBareAsync(registry, cancellationToken);
    }

    /// <summary>Only the one without .NET.</summary>
    public static Task PushBareAsync(RegistryClient registry, CancellationToken cancellationToken) =>
        PushAsync(registry, Bare, Native, withDotnet: false, cancellationToken);

    private static async Task<JsonObject> PushAsync(
        RegistryClient registry, string tag, string architecture, bool withDotnet, CancellationToken cancellationToken)
    {
        var tar = await LayerAsync(architecture, withDotnet, cancellationToken);
        using var zipped = new MemoryStream();
        await using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(tar, cancellationToken);
        }

        var layer = await registry.PushBlobAsync(
            Repository, zipped.ToArray(), "application/vnd.docker.image.rootfs.diff.tar.gzip", cancellationToken);
        var configuration = new JsonObject
        {
            ["architecture"] = architecture,
            ["os"] = "linux",
            ["config"] = new JsonObject { ["Env"] = new JsonArray("PATH=/usr/bin:/bin", "ASPNETCORE_HTTP_PORTS=8080") },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(RegistryClient.DigestOf(tar)) },
            ["history"] = new JsonArray(new JsonObject { ["created_by"] = "nexus tests" }),
        };
        var config = await registry.PushBlobAsync(
            Repository, Encoding.UTF8.GetBytes(configuration.ToJsonString()), "application/vnd.docker.container.image.v1+json", cancellationToken);
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = RegistryClient.ManifestType,
            ["config"] = config,
            ["layers"] = new JsonArray(layer),
        };
        return await registry.PushManifestAsync(Repository, tag, manifest, RegistryClient.ManifestType, cancellationToken);
    }

    private static async Task<byte[]> LayerAsync(string architecture, bool withDotnet, CancellationToken cancellationToken)
    {
        using var memory = new MemoryStream();
        await using (var tar = new TarWriter(memory, TarEntryFormat.Gnu, leaveOpen: true))
        {
            var libraries = Tool.Libraries(architecture);
            foreach (var part in new[] { "lib", "lib64", "usr/lib" }.Where(part => Directory.Exists(Path.Combine(libraries, part))))
            {
                await AddAsync(tar, Path.Combine(libraries, part), part, cancellationToken);
            }

            if (withDotnet)
            {
                var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
                await AddAsync(tar, Path.Combine(dotnet, "host"), "usr/share/dotnet/host", cancellationToken);
                await AddAsync(tar, Path.Combine(dotnet, "shared"), "usr/share/dotnet/shared", cancellationToken);
            }

            await WriteAsync(tar, "etc/passwd", "root:x:0:0:root:/:/\napp:x:1654:1654:app:/app:/\n", cancellationToken);
            await WriteAsync(tar, "etc/group", "root:x:0:\napp:x:1654:\n", cancellationToken);
            await tar.WriteEntryAsync(
                new GnuTarEntry(TarEntryType.Directory, "tmp/") { Mode = (UnixFileMode)0b1_111_111_111 }, cancellationToken);
        }

        return memory.ToArray();
    }

    private static async Task AddAsync(TarWriter tar, string folder, string name, CancellationToken cancellationToken)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal))
        {
            var entry = $"{name}/{Path.GetFileName(path)}";
            if (Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null)
            {
                await AddAsync(tar, path, entry, cancellationToken);
            }
            else
            {
                await tar.WriteEntryAsync(path, entry, cancellationToken);
            }
        }
    }

    private static async Task WriteAsync(TarWriter tar, string name, string content, CancellationToken cancellationToken)
    {
        using var data = new MemoryStream(Encoding.UTF8.GetBytes(content));
        await tar.WriteEntryAsync(
            new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = data, Mode = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead }, cancellationToken);
    }
}
