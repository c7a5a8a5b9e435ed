using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Nexus.Core.Routing;

namespace Nexus.Gateway.Routing;

/// <summary>
/// The last known good routing on disk: one line with a version and the SHA-256 of what follows, then JSON. Replaced as a
/// whole, so that a crash leaves the old or the new one; anything else is refused.
/// </summary>
internal sealed partial class RoutingFile(IOptions<GatewayOptions> options, ILogger<RoutingFile> logger)
{
    private const string Magic = "nexus-routing 1 ";

    public string Path { get; } =
        System.IO.Path.Combine(options.Value.StateDirectory, $"routing-{options.Value.Name}.json");

    /// <summary>The snapshot, its pools marked as no longer certain; null when there is none that can be trusted.</summary>
    public RoutingSnapshot? TryRead()
    {
        try
        {
            var snapshot = Parse(File.ReadAllBytes(Path));
            LogStarting(Path, snapshot.Revision, snapshot.SpecRevision);
            return snapshot with { Pools = [.. snapshot.Pools.Select(pool => pool with { Trust = PoolTrust.LastKnown })] };
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is InvalidDataException or JsonException)
        {
            LogCorrupt(Path, e.Message);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(Path, e.Message);
            return null;
        }
    }

    /// <summary>Replaces the file.</summary>
    /// <exception cref="IOException">The disk is full, read-only, gone …</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write there.</exception>
    public void Write(RoutingSnapshot snapshot)
    {
        Directory.CreateDirectory(options.Value.StateDirectory);
        var json = JsonSerializer.SerializeToUtf8Bytes(snapshot, RoutingJson.Default.RoutingSnapshot);
        var temporary = Path + ".new";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(Encoding.ASCII.GetBytes(Magic + Sum(json) + "\n"));
            stream.Write(json);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, Path, overwrite: true);
    }

    private static RoutingSnapshot Parse(byte[] bytes)
    {
        var end = Array.IndexOf(bytes, (byte)'\n');
        var head = end < 0 ? "" : Encoding.ASCII.GetString(bytes, 0, end);
        if (!head.StartsWith(Magic, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"it does not begin with '{Magic.TrimEnd()}'");
        }

        var json = bytes.AsSpan(end + 1);
        if (head[Magic.Length..] != Sum(json))
        {
            throw new InvalidDataException("its checksum does not match its content");
        }

        return JsonSerializer.Deserialize(json, RoutingJson.Default.RoutingSnapshot)
            ?? throw new InvalidDataException("it says null");
    }

    private static string Sum(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    [LoggerMessage(6030, LogLevel.Information, "Starting from {Path}: routing {Revision} of spec {SpecRevision}")]
    private partial void LogStarting(string path, long revision, long specRevision);

    [LoggerMessage(6031, LogLevel.Error, "The last known good routing {Path} is refused, {Reason}; waiting for Consul instead")]
    private partial void LogCorrupt(string path, string reason);

    [LoggerMessage(6032, LogLevel.Error, "The last known good routing {Path} cannot be read: {Reason}; waiting for Consul instead")]
    private partial void LogUnreadable(string path, string reason);
}
