using System.Collections.Immutable;
using System.Net.Sockets;

namespace Nexus.Api.V1;

/// <summary>
/// Asks one of several managers: the one that answered last, and where no connection can be made the next. That is safe for every
/// request, since nothing was sent. What breaks after that is not sent again; only the next request begins elsewhere.
/// </summary>
internal sealed class ManagerFailover(ImmutableArray<ApiEndpoint> endpoints, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private volatile int _current;

    /// <summary>The manager that the next request goes to.</summary>
    public ApiEndpoint Current => endpoints[_current];

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var target = request.RequestUri!;
        if (!endpoints.Any(e => e.Address.Authority == target.Authority))
        {
            return await base.SendAsync(request, cancellationToken); // to an agent
        }

        var first = _current;
        var tried = ImmutableArray.CreateBuilder<FailedTry>(endpoints.Length);
        while (true)
        {
            var index = (first + tried.Count) % endpoints.Length;
            request.RequestUri = new Uri(endpoints[index].Address, target.PathAndQuery);
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                _current = index;
                return response;
            }
            catch (Exception none) when (IsUnconnected(none, cancellationToken))
            {
                tried.Add(new FailedTry(endpoints[index], none));
                if (tried.Count == endpoints.Length)
                {
                    throw new NoManagerException(tried.ToImmutable());
                }
            }
            catch (Exception)
            {
                _current = (index + 1) % endpoints.Length;
                throw;
            }
        }
    }

    /// <summary>Whether not a byte of the request has left. A connect timeout shows as a cancellation that nobody asked for.</summary>
    private static bool IsUnconnected(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
        } => true,
        SocketException => true, // reset right after it was made, as HttpClient says it
        OperationCanceledException { InnerException: TimeoutException } => !cancellationToken.IsCancellationRequested,
        _ => false,
    };
}

/// <summary>A manager that no connection could be made to.</summary>
/// <param name="Endpoint">Which.</param>
/// <param name="Cause">Why.</param>
internal sealed record FailedTry(ApiEndpoint Endpoint, Exception Cause);

/// <summary>No connection could be made to any manager.</summary>
internal sealed class NoManagerException(ImmutableArray<FailedTry> tried) : HttpRequestException("No manager can be reached.", tried[0].Cause)
{
    /// <summary>All of them, in the order of trying.</summary>
    public ImmutableArray<FailedTry> Tried { get; } = tried;
}
