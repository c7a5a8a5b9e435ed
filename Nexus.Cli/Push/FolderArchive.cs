using System.Formats.Tar;
using System.IO.Compression;

namespace Nexus.Cli.Push;

/// <summary>A folder as a stream that <c>tar -xz</c> reads, with the rights of its files and without their owners.</summary>
internal static class FolderArchive
{
    public static async Task WriteAsync(string folder, Stream stream, CancellationToken cancellationToken)
    {
        await using var zip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        await using var tar = new TarWriter(zip, TarEntryFormat.Pax, leaveOpen: true);
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            await tar.WriteEntryAsync(path, Path.GetRelativePath(folder, path), cancellationToken);
        }
    }
}
