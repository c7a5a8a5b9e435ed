using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Nexus.Api.V1;

/// <summary>Sends requests and turns every way they can fail into a <see cref="NexusApiException"/>.</summary>
internal sealed class ApiTransport(HttpClient http, Func<ApiEndpoint> endpoint, TimeProvider time)
{
    /// <summary>How long a whole answer may take; streams are exempt.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Whom the next request goes to first.</summary>
    public ApiEndpoint Endpoint => endpoint();

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, path, "application/json");
        return await SendAsync(request, type, alsoAccepted: null, cancellationToken);
    }

    /// <summary>Sends and reads a JSON answer; a status of <paramref name="alsoAccepted"/> is an answer too.</summary>
    public async Task<T> SendAsync<T>(
        HttpRequestMessage request, JsonTypeInfo<T> type, HttpStatusCode? alsoAccepted, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, either.Token);
            var accepted = response.IsSuccessStatusCode
                || (response.StatusCode == alsoAccepted && MediaType(response) != ApiHeaders.ProblemJson);
            return accepted
                ? await ReadAsync(response, type, either.Token)
                : throw await RefusalAsync(response, either.Token);
        }
        catch (Exception broken) when (IsBroken(broken))
        {
            throw Unreachable(broken, request);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NexusUnreachableException(Asked(request), $"no answer within {AnswerTimeout.TotalSeconds:0} s", late);
        }
    }

    /// <summary>Sends and hands over the answer as soon as its headers are there; the caller reads and disposes it.</summary>
    public async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                throw await RefusalAsync(response, cancellationToken);
            }
        }
        catch (Exception broken) when (IsBroken(broken))
        {
            throw Unreachable(broken, request);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NexusUnreachableException(Asked(request), "no connection within the time allowed", late);
        }
    }

    /// <summary>Sends where only success or refusal matters; what an answer says is left unread.</summary>
    public async Task SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var response = await OpenAsync(request, either.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NexusUnreachableException(Asked(request), $"no answer within {AnswerTimeout.TotalSeconds:0} s", late);
        }
    }

    public HttpRequestMessage Request(HttpMethod method, string path, string accept)
    {
        var request = new HttpRequestMessage(method, new Uri(Endpoint.Address, path));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        return request;
    }

    /// <summary>Whether an exception means that the connection failed.</summary>
    public static bool IsBroken(Exception exception) =>
        exception is HttpRequestException or IOException or SocketException;

    /// <summary>Says that a connection failed, or none could be made.</summary>
    /// <param name="broken">What happened.</param>
    /// <param name="request">The request; it knows whom it was sent to last.</param>
    public NexusUnreachableException Unreachable(Exception broken, HttpRequestMessage? request) => broken is NoManagerException none
        ? new(none.Tried[0].Endpoint, string.Join("; nor at ", none.Tried.Select((t, i) => i == 0 ? Reason(t.Cause) : $"{t.Endpoint.Display}: {Reason(t.Cause)}")), broken)
        : new(Asked(request), Reason(broken), broken);

    /// <summary>Says that something answered that does not speak this API.</summary>
    public NexusApiException NotOurs(HttpResponseMessage response, Exception? inner) => new(
        $"{Asked(response.RequestMessage).Display} ({Endpoint.Source}) answered {Line(response)} with {MediaType(response) ?? "nothing"} that the API v1 "
        + $"does not know, to {Target(response)}. Is it a manager of Nexus, of this version?",
        response.StatusCode, null, inner);

    private ApiEndpoint Asked(HttpRequestMessage? request) => request?.RequestUri is { } uri
        ? Endpoint with { Address = new Uri(uri.GetLeftPart(UriPartial.Authority)) }
        : Endpoint;

    private static string Reason(Exception broken) => broken switch
    {
        OperationCanceledException => "connection timed out",
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => "connection refused",
        { InnerException: SocketException { SocketErrorCode: SocketError.TimedOut } } => "connection timed out",
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "the host name is not known",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } e =>
            $"TLS failed ({Words(e.InnerException ?? e)})",
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } or HttpIOException =>
            "the connection ended in the middle of the answer",
        _ => Words(broken.InnerException ?? broken),
    };

    private static string Words(Exception exception) => exception.Message.ReplaceLineEndings(" ").TrimEnd('.');

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonSerializer.DeserializeAsync(body, type, cancellationToken) ?? throw NotOurs(response, null);
        }
        catch (JsonException bad)
        {
            throw NotOurs(response, bad);
        }
    }

    private async Task<NexusApiException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var problem = await ProblemAsync(response, cancellationToken);
        if (problem is null)
        {
            return new NexusApiException(
                $"{Asked(response.RequestMessage).Display} ({Endpoint.Source}) answered {Line(response)} to {Target(response)}.",
                response.StatusCode, null, null);
        }

        string?[] said = [problem.Title, problem.Detail];
        var words = string.Join(' ', said.Where(s => !string.IsNullOrWhiteSpace(s)).Distinct().Select(s => Sentence(s!)));
        return new NexusApiException(
            words.Length > 0 ? words : $"The server answered {Line(response)}.", response.StatusCode, problem, null);
    }

    private static async Task<ProblemView?> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (MediaType(response) is not (ApiHeaders.ProblemJson or "application/json"))
        {
            return null;
        }

        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonSerializer.DeserializeAsync(body, ApiJson.Default.ProblemView, cancellationToken);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Sentence(string words) => words.TrimEnd() is var said && said[^1] is '.' or '!' or '?' ? said : said + ".";

    private static string? MediaType(HttpResponseMessage response) => response.Content.Headers.ContentType?.MediaType;

    private static string Line(HttpResponseMessage response) => $"{(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd();

    private static string Target(HttpResponseMessage response) =>
        $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath}";
}
