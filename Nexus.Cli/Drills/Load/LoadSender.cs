using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Nexus.Cli.Drills.Load;

/// <summary>Where and how requests are sent.</summary>
/// <param name="Urls">The service's addresses. They take turns; where no connection comes about, the next is tried, as clients do.</param>
/// <param name="Method">The method.</param>
/// <param name="Timeout">How long an answer may take from when it was due.</param>
internal sealed record LoadTarget(IReadOnlyList<Uri> Urls, HttpMethod Method, TimeSpan Timeout);

/// <summary>Sends one request at a time and says what became of it; many may be under way at once.</summary>
internal sealed class LoadSender : IDisposable
{
    private const int DetailLength = 160;

    private readonly LoadTarget _target;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private readonly bool _newConnections;
    private int _turn;

    public LoadSender(LoadTarget target, bool newConnections, TimeProvider time)
    {
        _target = target;
        _time = time;
        _newConnections = newConnections;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            PooledConnectionLifetime = newConnections ? TimeSpan.Zero : System.Threading.Timeout.InfiniteTimeSpan,
        });
    }

    /// <summary>Sends and reads the whole answer; null when it is a good one. Anything from 400 on is a failure.</summary>
    public async Task<Failure?> SendAsync()
    {
        using var timeout = new CancellationTokenSource(_target.Timeout, _time);
        var first = (uint)Interlocked.Increment(ref _turn);
        for (var i = 0; ; i++)
        {
            try
            {
                return await SendToAsync(_target.Urls[(int)((first + (uint)i) % (uint)_target.Urls.Count)], timeout.Token);
            }
            catch (Exception unsent) when (Failure.IsUnsent(unsent) && i + 1 < _target.Urls.Count)
            {
                // Nothing was sent: the next address of the service is as good.
            }
            catch (Exception failed) when (failed is HttpRequestException or SocketException or IOException or OperationCanceledException)
            {
                return Failure.Of(failed);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<Failure?> SendToAsync(Uri url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(_target.Method, url);
        request.Headers.ConnectionClose = _newConnections ? true : null;
        if (_target.Method != HttpMethod.Get && _target.Method != HttpMethod.Head)
        {
            request.Content = new ByteArrayContent("drill"u8.ToArray());
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        }

        using var answer = await _http.SendAsync(request, cancellationToken);
        if (answer.StatusCode < HttpStatusCode.BadRequest)
        {
            await answer.Content.CopyToAsync(Stream.Null, cancellationToken);
            return null;
        }

        var said = await answer.Content.ReadAsStringAsync(cancellationToken);
        var kind = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
        return new Failure(kind, said.Length > DetailLength ? said[..DetailLength] : said);
    }
}
