using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Nexus.Bench.Swarm;

/// <summary>The local engine's HTTP API, as far as the bench needs it.</summary>
internal sealed class EngineApi : IDisposable
{
    private const string Socket = "/var/run/docker.sock";
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, token) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), token);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://engine/v1.41/"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await _http.GetAsync(path, cancellationToken);
        return (await ReadAsync(path, answer, cancellationToken))!;
    }

    public async Task<JsonNode?> PostAsync(string path, JsonNode body, CancellationToken cancellationToken)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(path, content, cancellationToken);
        return await ReadAsync(path, answer, cancellationToken);
    }

    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await _http.DeleteAsync(path, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.NotFound)
        {
            await ReadAsync(path, answer, cancellationToken);
        }
    }

    /// <summary>Lines of a stream, without end.</summary>
    public async IAsyncEnumerable<JsonNode> StreamAsync(
        string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var answer = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            yield return JsonNode.Parse(line)!;
        }
    }

    /// <summary>A filter as the API wants it in a query.</summary>
    public static string Filter(params (string Key, string[] Values)[] filters) => "filters=" + Uri.EscapeDataString(new JsonObject(
        filters.Select(f => KeyValuePair.Create<string, JsonNode?>(f.Key, new JsonArray([.. f.Values.Select(v => (JsonNode)v)])))).ToJsonString());

    public void Dispose() => _http.Dispose();

    private static async Task<JsonNode?> ReadAsync(string path, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return answer.IsSuccessStatusCode
            ? text.Length == 0 ? null : JsonNode.Parse(text)
            : throw new InvalidOperationException($"The engine answered {(int)answer.StatusCode} to {path}: {text.Trim()}");
    }
}
