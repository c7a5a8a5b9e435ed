using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text.Json;
using Nexus.Api.V1;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Streams;

/// <summary>
/// What one agent pushes about the allocations of its node: connects again for ever, at once and then with growing pauses. It is
/// only ever speed; whatever it misses Consul tells.
/// </summary>
internal sealed partial class AgentStream(RoutingInputs inputs, Chance chance, TimeProvider time, ILogger<AgentStream> logger) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly MediaTypeWithQualityHeaderValue EventStream = new("text/event-stream");

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(2),
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = ConnectAsync,
    });

    public async Task ListenAsync(AgentAddress agent, CancellationToken cancellationToken)
    {
        for (var failures = 0; !cancellationToken.IsCancellationRequested;)
        {
            try
            {
                await foreach (var change in ReadAsync(agent, cancellationToken))
                {
                    if (failures > 0)
                    {
                        LogBack(agent.Node.Value, failures);
                    }

                    failures = 0;
                    inputs.Hear(ToNews(change));
                }

                LogBroken(agent.Node.Value, "the stream ended");
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && IsBroken(e))
            {
                if (failures == 0)
                {
                    LogBroken(agent.Node.Value, e.Message);
                }
            }

            if (failures++ == 0)
            {
                inputs.Silence(agent.Node);
            }

            await Task.Delay(chance.Pause(failures, FirstPause, LongestPause), time, cancellationToken);
        }
    }

    public void Dispose() => _client.Dispose();

    private async IAsyncEnumerable<AllocationChange> ReadAsync(
        AgentAddress agent, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(agent.ApiAddress), Nexus.Api.V1.Routes.AllocationChanges));
        request.Headers.Accept.Add(EventStream);
        using var response = await _client.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        if (response.Content.Headers.ContentType?.MediaType != EventStream.MediaType)
        {
            throw new HttpRequestException($"{agent.ApiAddress} answers with {response.Content.Headers.ContentType}, not {EventStream.MediaType}");
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

    private static AllocationNews ToNews(AllocationChange change) => new(
        new AllocationId(change.Allocation),
        new PoolName(change.Pool),
        new PoolRevision(change.Revision),
        new NodeName(change.Node),
        change.Attempt,
        change.Kind switch
        {
            AllocationChangeKind.Serving => NewsKind.Serving,
            AllocationChangeKind.Unhealthy => NewsKind.Unhealthy,
            AllocationChangeKind.Draining => NewsKind.Draining,
            _ => NewsKind.Gone,
        },
        change.Address,
        change.Port ?? 0);

    private static bool IsBroken(Exception e) =>
        e is HttpRequestException or IOException or JsonException or UriFormatException or OperationCanceledException;

    // A machine that went away closes nothing: keep-alives find out.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 3);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [LoggerMessage(6050, LogLevel.Information, "The news of node {Node} broke off and are asked for again: {Reason}")]
    private partial void LogBroken(string node, string reason);

    [LoggerMessage(6051, LogLevel.Information, "The news of node {Node} arrive again after {Failures} tries")]
    private partial void LogBack(string node, int failures);
}
