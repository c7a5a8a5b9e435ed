using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Nexus.Api.V1;

/// <summary>Reads what an agent pushes about the allocations of its node. Who reads connects again by itself.</summary>
public sealed class AllocationChangeReader : IDisposable
{
    private static readonly MediaTypeWithQualityHeaderValue EventStream = new(ApiHeaders.EventStream);

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(2),
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = KeepAliveSockets.Connect(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)),
    });

    /// <summary>Whether an exception of <see cref="ReadAsync"/> says that the stream broke, and not that we are at fault.</summary>
    public static bool IsBroken(Exception exception) =>
        exception is HttpRequestException or SocketException or IOException or JsonException or UriFormatException or OperationCanceledException;

    /// <summary>How all allocations stand, then each change the moment it happens; ends when the agent closes the stream.</summary>
    /// <param name="apiAddress">Base address of the agent's API.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="HttpRequestException">The agent cannot be reached, refuses, or answers with something else.</exception>
    public async IAsyncEnumerable<AllocationChange> ReadAsync(
        string apiAddress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(apiAddress), Routes.AllocationChanges));
        request.Headers.Accept.Add(EventStream);
        using var response = await _client.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        if (response.Content.Headers.ContentType?.MediaType != EventStream.MediaType)
        {
            throw new HttpRequestException($"{apiAddress} answers with {response.Content.Headers.ContentType}, not {EventStream.MediaType}");
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var parser = SseParser.Create(stream, static (_, data) =>
            data.IsEmpty ? null : JsonSerializer.Deserialize(data, ApiJson.Default.AllocationChange));
        await foreach (var item in parser.EnumerateAsync(cancellationToken))
        {
            if (item.Data is { } change)
            {
                yield return change;
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();
}
