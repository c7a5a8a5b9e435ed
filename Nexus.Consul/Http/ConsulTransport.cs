using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Nexus.Consul;

/// <summary>
/// Sends calls. Short ones time out per attempt and are retried where that is harmless; waiting reads go over
/// connections of their own, without retries, so that they never starve the short ones.
/// </summary>
internal sealed class ConsulTransport : IDisposable
{
    private readonly HttpClient _short;
    private readonly HttpClient _waiting;
    private readonly TimeProvider _timeProvider;
    private readonly ConsulOptions _options;
    private readonly string? _datacenterQuery;
    private readonly ResiliencePipeline _once;
    private readonly ResiliencePipeline _retrying;

    public ConsulTransport(ConsulOptions options, TimeProvider timeProvider, Func<double> jitter, HttpMessageHandler? handler)
    {
        _options = options;
        _timeProvider = timeProvider;
        _datacenterQuery = options.Datacenter is { Length: > 0 } dc ? "dc=" + Uri.EscapeDataString(dc) : null;
        _short = CreateHttp(options, handler, () => ConsulSockets.ForShortCalls(options.RequestTimeout));
        _waiting = CreateHttp(options, handler, () => ConsulSockets.ForWaitingReads(options.RequestTimeout));
        _once = CreatePipeline(retry: false);
        _retrying = CreatePipeline(retry: true);

        ResiliencePipeline CreatePipeline(bool retry)
        {
            var builder = new ResiliencePipelineBuilder { TimeProvider = timeProvider };
            if (retry)
            {
                builder.AddRetry(new RetryStrategyOptions
                {
                    MaxRetryAttempts = 2,
                    Delay = TimeSpan.FromMilliseconds(100),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Randomizer = jitter,
                    ShouldHandle = static arguments => new(
                        arguments.Outcome.Exception is TimeoutRejectedException or ConsulException { IsTransient: true }),
                });
            }

            return builder.AddTimeout(options.RequestTimeout).Build();
        }
    }

    /// <summary>Makes a short call.</summary>
    public async Task<T> SendAsync<T>(ConsulRequest request, ConsulReader<T> reader, CancellationToken cancellationToken)
    {
        var pipeline = request.IsIdempotent ? _retrying : _once;
        try
        {
            return await pipeline.ExecuteAsync(
                static (state, token) => state.Transport.AttemptAsync(state.Transport._short, state.Request, state.Reader, token),
                (Transport: this, Request: request, Reader: reader),
                cancellationToken);
        }
        catch (TimeoutRejectedException exception)
        {
            throw TooLate(request, _options.RequestTimeout, exception);
        }
    }

    /// <summary>Makes a read that answers at once.</summary>
    public Task<ConsulResult<T>> ReadAsync<T>(ConsulRead<T> read, CancellationToken cancellationToken) =>
        SendAsync(ToRequest(read, read.Query), WithIndex(read.Reader), cancellationToken);

    /// <summary>Makes a read that waits for <paramref name="index"/> to change, or answers at once when it is 0.</summary>
    public async Task<ConsulResult<T>> PollAsync<T>(
        ConsulRead<T> read, ulong index, TimeSpan? wait, CancellationToken cancellationToken)
    {
        var patience = index == 0 ? TimeSpan.Zero : wait ?? _options.WatchWait;
        var query = index == 0 ? read.Query : $"{read.Query}{(read.Query is null ? "" : "&")}index={index}&wait={GoDuration.Format(patience)}";
        var request = ToRequest(read, query);

        // Consul adds up to a sixteenth to the wait. A silent server must not hold the watch for ever.
        var deadline = (patience * 17 / 16) + (_options.RequestTimeout * 2);
        using var late = new CancellationTokenSource(deadline, _timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await AttemptAsync(_waiting, request, WithIndex(read.Reader), either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw TooLate(request, deadline, exception);
        }
    }

    public void Dispose()
    {
        _short.Dispose();
        _waiting.Dispose();
    }

    private static HttpClient CreateHttp(ConsulOptions options, HttpMessageHandler? handler, Func<HttpMessageHandler> createHandler)
    {
        var http = new HttpClient(handler ?? createHandler(), disposeHandler: handler is null)
        {
            BaseAddress = options.Address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (options.Token is { Length: > 0 } token)
        {
            http.DefaultRequestHeaders.Add("X-Consul-Token", token);
        }

        return http;
    }

    private static ConsulRequest ToRequest<T>(ConsulRead<T> read, string? query) => new(HttpMethod.Get, read.Path, query)
    {
        IsIdempotent = true,
        Accepts = read.AcceptNotFound ? HttpStatusCode.NotFound : null,
    };

    private static ConsulReader<ConsulResult<T>> WithIndex<T>(ConsulReader<T> reader) => async (response, cancellationToken) =>
    {
        var headers = response.Headers.NonValidated;
        var index = headers.TryGetValues("X-Consul-Index", out var text) && ulong.TryParse(text.ToString(), out var parsed) ? parsed : 0;
        var knownLeader = !headers.TryGetValues("X-Consul-Knownleader", out text) || text.ToString() == "true";
        var contact = headers.TryGetValues("X-Consul-Lastcontact", out text) && long.TryParse(text.ToString(), out var ms) ? ms : 0;
        var value = await reader(response, cancellationToken);
        return new ConsulResult<T>(value, index, knownLeader, TimeSpan.FromMilliseconds(contact));
    };

    private async ValueTask<T> AttemptAsync<T>(
        HttpClient http, ConsulRequest request, ConsulReader<T> reader, CancellationToken cancellationToken)
    {
        using var message = request.ToMessage(_datacenterQuery);
        try
        {
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode || response.StatusCode == request.Accepts)
            {
                try
                {
                    return await reader(response, cancellationToken);
                }
                catch (JsonException exception)
                {
                    throw new ConsulException(
                        $"{request.Method} /{request.Path} at {_options.Address} was answered by something that is not Consul's JSON: {exception.Message}",
                        response.StatusCode, exception.Message, exception);
                }
            }

            var text = (await response.Content.ReadAsStringAsync(cancellationToken)).Trim();
            throw new ConsulException(
                $"{request.Method} /{request.Path} at {_options.Address} was answered {(int)response.StatusCode} {response.StatusCode}: {text}",
                response.StatusCode, text);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException)
        {
            throw new ConsulException(
                $"Consul at {_options.Address} cannot be reached: {Cause(exception)} ({request.Method} /{request.Path}). {HowToCheck()}",
                exception);
        }
    }

    // "An error occurred while sending the request." says nothing; the exceptions inside do. A failed connection says it itself.
    private static string Cause(Exception exception) => exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }
        ? exception.Message
        : exception.GetBaseException().Message;

    private ConsulException TooLate(ConsulRequest request, TimeSpan limit, Exception exception)
    {
        var unsure = request.Method == HttpMethod.Get ? "" : " Whether it took effect is unknown.";
        return new ConsulException(
            $"Consul at {_options.Address} did not answer {request.Method} /{request.Path} within {limit.TotalSeconds:0.###} s.{unsure} {HowToCheck()}",
            exception);
    }

    private string HowToCheck() => $"Check it with: curl {_options.Address}v1/status/leader";
}
