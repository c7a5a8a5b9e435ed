using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Nexus.Api.V1;

/// <summary>The endless stream of events: connects again where it broke off, so that a reader misses nothing.</summary>
internal sealed class EventFeed(ApiTransport transport, TimeProvider time, Func<double> chance)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Events after <paramref name="lastId"/>. The first connection fails with an exception; a later break is told to
    /// <paramref name="reconnecting"/> and mended. Delays double and carry jitter, so clients do not come back in step.
    /// </summary>
    public async IAsyncEnumerable<EventView> ReadAsync(
        string? lastId, Action<NexusApiException, TimeSpan>? reconnecting, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var connectedOnce = false;
        for (var attempt = 0; ; attempt++)
        {
            using var opened = await OpenAsync(lastId, connectedOnce, cancellationToken);
            var failure = opened.Failure;
            if (opened.Response is { } response)
            {
                connectedOnce = true;
                await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
                var parser = SseParser.Create(stream, static (_, data) => JsonSerializer.Deserialize(data, ApiJson.Default.EventView));
                await using var items = parser.EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
                while ((failure = await NextAsync(items, response)) is null)
                {
                    attempt = 0;
                    lastId = items.Current.EventId ?? items.Current.Data?.Id ?? lastId;
                    if (items.Current.Data is { } happened)
                    {
                        yield return happened;
                    }
                }
            }

            var delay = Delay(attempt);
            reconnecting?.Invoke(failure!, delay);
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    private async Task<Opened> OpenAsync(string? lastId, bool connectedOnce, CancellationToken cancellationToken)
    {
        using var request = transport.Request(HttpMethod.Get, Routes.Events, ApiHeaders.EventStream);
        request.Headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        if (lastId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastId);
        }

        try
        {
            var response = await transport.OpenAsync(request, cancellationToken);
            if (response.Content.Headers.ContentType?.MediaType == ApiHeaders.EventStream)
            {
                return new Opened(response, null);
            }

            using (response)
            {
                throw transport.NotOurs(response, null);
            }
        }
        catch (NexusApiException broken) when (connectedOnce && broken.IsTransient)
        {
            return new Opened(null, broken);
        }
    }

    /// <summary>Moves to the next event; null when there is one, else why there is none.</summary>
    private async Task<NexusApiException?> NextAsync(IAsyncEnumerator<SseItem<EventView?>> items, HttpResponseMessage response)
    {
        try
        {
            return await items.MoveNextAsync() ? null : transport.Unreachable(new IOException("the stream ended"), response.RequestMessage);
        }
        catch (JsonException bad)
        {
            throw transport.NotOurs(response, bad);
        }
        catch (Exception broken) when (ApiTransport.IsBroken(broken))
        {
            return transport.Unreachable(broken, response.RequestMessage);
        }
    }

    private TimeSpan Delay(int attempt)
    {
        var full = Math.Min(LongestDelay.TotalMilliseconds, FirstDelay.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 16)));
        return TimeSpan.FromMilliseconds(full * (0.5 + (chance() / 2)));
    }

    private readonly record struct Opened(HttpResponseMessage? Response, NexusApiException? Failure) : IDisposable
    {
        public void Dispose() => Response?.Dispose();
    }
}
