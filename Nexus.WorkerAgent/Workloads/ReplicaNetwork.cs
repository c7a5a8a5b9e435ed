using System.Net.Sockets;

namespace Nexus.WorkerAgent.Workloads;

/// <summary>How the agent itself reaches a replica.</summary>
internal interface IReplicaNetwork
{
    /// <summary>Status of the answer to a GET on a connection of its own.</summary>
    /// <exception cref="HttpRequestException">There was none.</exception>
    Task<int> GetAsync(Uri url, CancellationToken cancellationToken);

    /// <summary>Opens a connection and closes it again.</summary>
    /// <exception cref="SocketException">It was not taken.</exception>
    Task ConnectAsync(string host, int port, CancellationToken cancellationToken);
}

/// <summary>Over real sockets.</summary>
internal sealed class ReplicaNetwork : IReplicaNetwork, IDisposable
{
    /// <summary>On one's own network this is ample; what takes longer is not there.</summary>
    public static readonly TimeSpan ConnectLimit = TimeSpan.FromMilliseconds(500);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectTimeout = ConnectLimit,
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <inheritdoc/>
    public async Task<int> GetAsync(Uri url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.ConnectionClose = true;
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return (int)response.StatusCode;
    }

    /// <inheritdoc/>
    public async Task ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(host, port, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
