using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Nexus.Api.V1;

/// <summary>
/// The HTTP API, version 1, as methods. Every failure but a cancellation is a <see cref="NexusApiException"/>: with the
/// server's words when it refused, a <see cref="NexusUnreachableException"/> when nobody answered. Nothing is sent twice,
/// so an apply happens at most once; where there are several managers, another is asked only while nothing was sent. Only the event stream connects again by itself.
/// </summary>
public sealed partial class NexusApiClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly ApiTransport _transport;
    private readonly EventFeed _events;

    /// <summary>A client over a given <see cref="HttpClient"/>, which it disposes.</summary>
    /// <param name="http">Without a timeout of its own: streams last as long as their reader wants.</param>
    /// <param name="endpoint">Whom to ask.</param>
    /// <param name="time">Clock of timeouts and delays.</param>
    /// <param name="chance">From 0 to 1, for the jitter of reconnects.</param>
    public NexusApiClient(HttpClient http, ApiEndpoint endpoint, TimeProvider time, Func<double> chance)
        : this(http, () => endpoint, time, chance)
    {
    }

    private NexusApiClient(HttpClient http, Func<ApiEndpoint> endpoint, TimeProvider time, Func<double> chance)
    {
        _http = http;
        _time = time;
        _transport = new ApiTransport(http, endpoint, time);
        _events = new EventFeed(_transport, time, chance);
    }

    /// <summary>A client with connections of its own: 5 s to connect, TCP keep-alive so that a vanished server is noticed.</summary>
    /// <param name="endpoint">Whom to ask.</param>
    /// <param name="time">Clock of timeouts and delays.</param>
    /// <param name="chance">From 0 to 1, for the jitter of reconnects.</param>
    public static NexusApiClient Create(ApiEndpoint endpoint, TimeProvider time, Func<double> chance) => Create([endpoint], time, chance);

    /// <summary>
    /// A client that asks one of several managers: the one that answered last, and when no connection can be made to it, the next,
    /// for then nothing was sent.
    /// </summary>
    /// <param name="endpoints">Whom to ask, at least one.</param>
    /// <param name="time">Clock of timeouts and delays.</param>
    /// <param name="chance">From 0 to 1, for the jitter of reconnects.</param>
    public static NexusApiClient Create(ImmutableArray<ApiEndpoint> endpoints, TimeProvider time, Func<double> chance)
    {
        ArgumentOutOfRangeException.ThrowIfZero(endpoints.Length, nameof(endpoints));
        var failover = new ManagerFailover(endpoints, new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(endpoints.Length == 1 ? 5 : 2), // all of them within the time for an answer
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            AutomaticDecompression = DecompressionMethods.All,
            UseProxy = !endpoints.All(e => e.Address.IsLoopback),
            ConnectCallback = KeepAliveSockets.Connect(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(5)),
        });
        return new NexusApiClient(
            new HttpClient(failover) { Timeout = Timeout.InfiniteTimeSpan }, () => failover.Current, time, chance);
    }

    /// <summary>The spec in force; null before the first apply.</summary>
    public async Task<SpecView?> GetSpecAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _transport.GetAsync(Routes.Spec, ApiJson.Default.SpecView, cancellationToken);
        }
        catch (NexusApiException none) when (none is { Status: HttpStatusCode.NotFound, Problem: not null })
        {
            return null;
        }
    }

    /// <summary>Applies a document. An invalid one is an answer, not an exception: see <see cref="SpecResult.Valid"/>.</summary>
    /// <param name="yaml">The document.</param>
    /// <param name="fileName">Name of its file, for messages.</param>
    /// <param name="author">Who applies, for the record.</param>
    /// <param name="expectedRevision">Refuse (412) unless this revision is in force; null applies over any.</param>
    /// <param name="cancellationToken">Stops waiting; the document may be applied all the same.</param>
    public Task<SpecResult> ApplySpecAsync(
        string yaml, string? fileName, string? author, long? expectedRevision, CancellationToken cancellationToken) =>
        ApplySpecAsync(yaml, fileName, author, expectedRevision, renameCluster: false, cancellationToken);

    /// <summary>Applies a document. An invalid one is an answer, not an exception: see <see cref="SpecResult.Valid"/>.</summary>
    /// <param name="yaml">The document.</param>
    /// <param name="fileName">Name of its file, for messages.</param>
    /// <param name="author">Who applies, for the record.</param>
    /// <param name="expectedRevision">Refuse (412) unless this revision is in force; null applies over any.</param>
    /// <param name="renameCluster">Allow a document whose cluster name is not the cluster's, else refused with 409.</param>
    /// <param name="cancellationToken">Stops waiting; the document may be applied all the same.</param>
    public async Task<SpecResult> ApplySpecAsync(
        string yaml, string? fileName, string? author, long? expectedRevision, bool renameCluster, CancellationToken cancellationToken)
    {
        var path = renameCluster ? $"{Routes.Spec}?{QueryParameters.RenameCluster}=true" : Routes.Spec;
        using var request = SpecRequest(HttpMethod.Put, path, yaml, fileName);
        AddHeader(request, ApiHeaders.Author, author);
        if (expectedRevision is { } revision)
        {
            request.Headers.IfMatch.Add(new EntityTagHeaderValue(ApiHeaders.RevisionTag(revision)));
        }

        return await _transport.SendAsync(
            request, ApiJson.Default.SpecResult, HttpStatusCode.UnprocessableEntity, cancellationToken);
    }

    /// <summary>Has the cluster check a document; applies nothing.</summary>
    /// <param name="yaml">The document.</param>
    /// <param name="fileName">Name of its file, for messages.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<SpecResult> ValidateSpecAsync(string yaml, string? fileName, CancellationToken cancellationToken)
    {
        using var request = SpecRequest(HttpMethod.Post, Routes.SpecValidate, yaml, fileName);
        return await _transport.SendAsync(
            request, ApiJson.Default.SpecResult, HttpStatusCode.UnprocessableEntity, cancellationToken);
    }

    /// <summary>The cluster at a glance.</summary>
    public Task<StatusView> StatusAsync(CancellationToken cancellationToken) =>
        _transport.GetAsync(Routes.Status, ApiJson.Default.StatusView, cancellationToken);

    /// <summary>Pools.</summary>
    public Task<ImmutableArray<PoolView>> PoolsAsync(CancellationToken cancellationToken) =>
        _transport.GetAsync(Routes.Pools, ApiJson.Default.ImmutableArrayPoolView, cancellationToken);

    /// <summary>Nodes.</summary>
    public Task<ImmutableArray<NodeView>> NodesAsync(CancellationToken cancellationToken) =>
        _transport.GetAsync(Routes.Nodes, ApiJson.Default.ImmutableArrayNodeView, cancellationToken);

    /// <summary>Allocations.</summary>
    public Task<ImmutableArray<AllocationView>> AllocationsAsync(CancellationToken cancellationToken) =>
        _transport.GetAsync(Routes.Allocations, ApiJson.Default.ImmutableArrayAllocationView, cancellationToken);

    /// <summary>The events still kept, oldest first.</summary>
    public Task<ImmutableArray<EventView>> EventsAsync(CancellationToken cancellationToken) =>
        _transport.GetAsync(Routes.Events, ApiJson.Default.ImmutableArrayEventView, cancellationToken);

    /// <summary>Events as they happen, without end. Fails if it cannot connect at first; later breaks are mended.</summary>
    /// <param name="lastId">Id of the last event already seen; null for whatever the server begins with.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public IAsyncEnumerable<EventView> StreamEventsAsync(string? lastId, CancellationToken cancellationToken) =>
        StreamEventsAsync(lastId, reconnecting: null, cancellationToken);

    /// <inheritdoc cref="StreamEventsAsync(string?, CancellationToken)"/>
    /// <param name="lastId">Id of the last event already seen; null for whatever the server begins with.</param>
    /// <param name="reconnecting">Told of every break, with the delay before the next try.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public IAsyncEnumerable<EventView> StreamEventsAsync(
        string? lastId, Action<NexusApiException, TimeSpan>? reconnecting, CancellationToken cancellationToken) =>
        _events.ReadAsync(lastId, reconnecting, cancellationToken);

    /// <summary>Lines of an allocation's output.</summary>
    /// <param name="allocation">Its id.</param>
    /// <param name="tail">How many of the last lines to begin with.</param>
    /// <param name="follow">Whether to go on with new lines until its output ends.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public async IAsyncEnumerable<string> LogsAsync(
        string allocation, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var path = $"{Routes.LogsOf(allocation)}?tail={tail}{(follow ? "&follow=true" : "")}";
        using var request = _transport.Request(HttpMethod.Get, path, "text/plain");
        using var response = await _transport.OpenAsync(request, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (await NextLineAsync(reader, response, cancellationToken) is { } line)
        {
            yield return line;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<string?> NextLineAsync(StreamReader reader, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken);
        }
        catch (Exception broken) when (ApiTransport.IsBroken(broken))
        {
            throw _transport.Unreachable(broken, response.RequestMessage);
        }
    }

    private HttpRequestMessage SpecRequest(HttpMethod method, string path, string yaml, string? fileName)
    {
        var request = _transport.Request(method, path, "application/json");
        request.Content = new StringContent(yaml, Encoding.UTF8, ApiHeaders.Yaml);
        AddHeader(request, ApiHeaders.File, fileName);
        return request;
    }

    private static void AddHeader(HttpRequestMessage request, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            request.Headers.Add(name, ApiHeaders.Encode(value));
        }
    }
}
