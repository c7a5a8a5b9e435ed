using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Nexus.Images.Tests.Registry;

/// <summary>Reads and writes images of a registry by its HTTP API.</summary>
internal sealed class RegistryClient(string host) : IDisposable
{
    public const string ManifestType = "application/vnd.docker.distribution.manifest.v2+json";
    public const string IndexType = "application/vnd.docker.distribution.manifest.list.v2+json";

    private static readonly string[] Accepted =
        [ManifestType, IndexType, "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"];

    private readonly HttpClient _client = new() { BaseAddress = new Uri($"http://{host}/v2/") };

    public async Task<JsonNode> ManifestAsync(string repository, string reference, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{repository}/manifests/{reference}");
        foreach (var type in Accepted)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }

        using var response = await _client.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
    }

    public async Task<JsonNode> ConfigurationAsync(string repository, JsonNode manifest, CancellationToken cancellationToken) =>
        JsonNode.Parse(await _client.GetStringAsync(new Uri($"{repository}/blobs/{manifest["config"]!["digest"]}", UriKind.Relative), cancellationToken))!;

    /// <summary>What is in the last layer, the one put on the base.</summary>
    public async Task<IReadOnlyList<LayerEntry>> TopLayerAsync(string repository, JsonNode manifest, CancellationToken cancellationToken)
    {
        var digest = manifest["layers"]!.AsArray()[^1]!["digest"]!.ToString();
        await using var blob = await _client.GetStreamAsync(new Uri($"{repository}/blobs/{digest}", UriKind.Relative), cancellationToken);
        await using var unzipped = new GZipStream(blob, CompressionMode.Decompress);
        await using var reader = new TarReader(unzipped);
        var entries = new List<LayerEntry>();
        while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            entries.Add(new LayerEntry(entry.Name.TrimEnd('/'), entry.EntryType == TarEntryType.Directory, entry.Uid, entry.Mode));
        }

        return entries;
    }

    /// <summary>Uploads a blob; returns its descriptor.</summary>
    public async Task<JsonObject> PushBlobAsync(string repository, byte[] content, string mediaType, CancellationToken cancellationToken)
    {
        using var begun = await _client.PostAsync(new Uri($"{repository}/blobs/uploads/", UriKind.Relative), content: null, cancellationToken);
        begun.EnsureSuccessStatusCode();
        var descriptor = Descriptor(content, mediaType);
        var location = new UriBuilder(new Uri(_client.BaseAddress!, begun.Headers.Location!));
        location.Query += $"&digest={Uri.EscapeDataString(descriptor["digest"]!.ToString())}";
        using var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var response = await _client.PutAsync(location.Uri, body, cancellationToken);
        response.EnsureSuccessStatusCode();
        return descriptor;
    }

    /// <summary>Uploads a manifest or an index; returns its descriptor.</summary>
    public async Task<JsonObject> PushManifestAsync(
        string repository, string reference, JsonObject manifest, string mediaType, CancellationToken cancellationToken)
    {
        var content = System.Text.Encoding.UTF8.GetBytes(manifest.ToJsonString());
        using var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        using var response = await _client.PutAsync(new Uri($"{repository}/manifests/{reference}", UriKind.Relative), body, cancellationToken);
        response.EnsureSuccessStatusCode();
        return Descriptor(content, mediaType);
    }

    public static string DigestOf(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    public void Dispose() => _client.Dispose();

    private static JsonObject Descriptor(byte[] content, string mediaType) =>
        new() { ["mediaType"] = mediaType, ["size"] = content.Length, ["digest"] = DigestOf(content) };
}

/// <summary>A file or folder of a layer.</summary>
internal sealed record LayerEntry(string Name, bool IsFolder, int Uid, UnixFileMode Mode);
