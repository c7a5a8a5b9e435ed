using System.Net.Sockets;
using Nexus.ServiceDefaults.Sockets;

namespace Nexus.WorkerAgent.Workloads;

/// <summary>How the agent itself reaches a replica.</summary>
internal interface IReplicaNetwork
{
    /// <summary>Status of the answer to a GET on a connection of its own.</summary>
    /// <exception cref="HttpRequestException">There was none.</exception>
    Task<int> GetAsync(Uri url, CancellationToken cancellationToken);

    /// <summary>Opens a connection, watches it for a moment and closes it again; see <see cref="TcpProbe.IsServedAsync"/>.</summary>
    /// <exception cref="SocketException">It was not accepted.</exception>
    Task<bool> IsServedAsync(string host, int port, TimeSpan watch, CancellationToken cancellationToken);
}

/// <summary>Over real sockets.</summary>
internal sealed class ReplicaNetwork(TimeProvider time) : IReplicaNetwork, IDisposable
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
    public Task<bool> IsServedAsync(string host, int port, TimeSpan watch, CancellationToken cancellationToken) =>
        TcpProbe.IsServedAsync(host, port, watch, time, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
