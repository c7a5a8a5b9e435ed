using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.ServiceDefaults.Sockets;

namespace Nexus.Gateway.Ejecting;

/// <summary>Asks a destination whether it serves, as its pool's health says, beside its requests.</summary>
internal sealed class DestinationProbe : IDisposable
{
    // A pool that asked not to be checked is asked no more than whether somebody is there.
    private static readonly ProbePlan Simple = new(HealthCheckType.Tcp, "/", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 2);

    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _client;

    public DestinationProbe(IOptions<GatewayOptions> options, TimeProvider time)
    {
        _time = time;
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectTimeout = options.Value.Upstream.ConnectTimeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1),
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
        });
    }

    /// <summary>How a pool is asked.</summary>
    public static ProbePlan PlanOf(PoolRouting? pool) => pool?.Probe ?? Simple;

    /// <summary>Whether it answers well within <paramref name="patience"/>.</summary>
    public async Task<bool> IsWellAsync(string address, ProbePlan plan, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri))
        {
            return false;
        }

        using var limit = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return plan.Type == HealthCheckType.Http
                ? await AnswersAsync(new Uri(uri, plan.Path), either.Token)
                : await IsServedAsync(uri, patience / 2, either.Token);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    // The port proxy of an engine accepts for a container that does not listen, and closes the connection at once.
    private Task<bool> IsServedAsync(Uri address, TimeSpan mostWatch, CancellationToken cancellationToken) => TcpProbe.IsServedAsync(
        address.IdnHost, address.Port, mostWatch < TcpProbe.Watch ? mostWatch : TcpProbe.Watch, _time, cancellationToken);

    private async Task<bool> AnswersAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        using var response = await _client.SendAsync(request, cancellationToken);
        return response.IsSuccessStatusCode;
    }
}
