using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Consul;

/// <summary>One HTTP call to Consul.</summary>
internal sealed class SimCall(SimProcess caller, string method, string path, Dictionary<string, string> query, byte[] body)
{
    public SimProcess Caller => caller;

    public string Method => method;

    public string Path => path;

    public Dictionary<string, string> Query => query;

    public byte[] Body { get; set; } = body;

    /// <summary>The caller no longer waits.</summary>
    public bool Abandoned { get; set; }

    /// <summary>It was held up on its way, and takes effect all the same.</summary>
    public bool IsLate { get; set; }

    /// <summary>Answers once; what comes after is dropped.</summary>
    public required Action<SimAnswer> Answer { get; init; }

    public bool IsTransaction => path == "/v1/txn" && !Transactions.IsRead(Body);

    public bool IsWrite => method is "PUT" or "DELETE" && (path != "/v1/txn" || IsTransaction);
}

/// <summary>An answer; without a status it stands for a connection that broke.</summary>
internal sealed record SimAnswer(HttpStatusCode? Status, byte[] Body, ulong Index = 0)
{
    public static SimAnswer Broken { get; } = new(null, []);

    public static SimAnswer Ok(string text, ulong index = 0) => new(HttpStatusCode.OK, System.Text.Encoding.UTF8.GetBytes(text), index);

    public static SimAnswer Error(HttpStatusCode status, string text) => new(status, System.Text.Encoding.UTF8.GetBytes(text));

    public static SimAnswer NoLeader { get; } = Error(HttpStatusCode.InternalServerError, "No cluster leader");
}

/// <summary>Stands where a process's network would be.</summary>
internal sealed partial class SimHandler(SimProcess process, SimConsul consul, Chance chance, IMutation mutation) : HttpMessageHandler
{
    private string? _lease;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? [] : request.Content.ReadAsByteArrayAsync(cancellationToken).GetAwaiter().GetResult();
        var uri = request.RequestUri!;
        var path = Uri.UnescapeDataString(uri.AbsolutePath);
        if (process.Name[0] == 'm')
        {
            // Managers name their lease by chance; here each life of one has its number.
            path = Named(path);
            body = path.StartsWith("/v1/agent/", StringComparison.Ordinal) || path.StartsWith("/v1/session/", StringComparison.Ordinal)
                ? Encoding.UTF8.GetBytes(Named(Encoding.UTF8.GetString(body)))
                : body;
        }

        var answered = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        var back = chance.Milliseconds(1, 3);
        SimCall? call = null;
        call = new SimCall(process, request.Method.Method, path, Parse(uri.Query), mutation.Request(process, path, body))
        {
            Answer = answer => process.World.After(
                back + process.Machine.ConsulDelay, () => process.Deliver(() => Complete(answered, mutation.Answer(process, call!, Unnamed(answer, path)), request))),
        };
        var registration = cancellationToken.Register(() =>
        {
            call.Abandoned = true;
            answered.TrySetCanceled(cancellationToken);
        });
        _ = answered.Task.ContinueWith(
            _ => registration.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var there = chance.Milliseconds(1, 3) + process.Machine.ConsulDelay;
        process.World.After(there, () => consul.Handle(call));
        return answered.Task;
    }

    private string Named(string text) => LeaseName().Replace(text, match =>
    {
        _lease = match.Value;
        return ":lease:" + process.Number;
    });

    private SimAnswer Unnamed(SimAnswer answer, string path) => _lease is null || !path.StartsWith("/v1/session/info", StringComparison.Ordinal)
        ? answer
        : answer with
        {
            Body = Encoding.UTF8.GetBytes(
                Encoding.UTF8.GetString(answer.Body).Replace($":lease:{process.Number}\"", _lease + "\"", StringComparison.Ordinal)),
        };

    [GeneratedRegex(":lease:[0-9a-f]{8}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LeaseName();

    private static void Complete(TaskCompletionSource<HttpResponseMessage> answered, SimAnswer answer, HttpRequestMessage request)
    {
        if (answer.Status is not { } status)
        {
            answered.TrySetException(new HttpRequestException("the connection broke"));
            return;
        }

        var response = new HttpResponseMessage(status) { Content = new ByteArrayContent(answer.Body), RequestMessage = request };
        if (answer.Index > 0)
        {
            response.Headers.TryAddWithoutValidation("X-Consul-Index", answer.Index.ToString());
            response.Headers.TryAddWithoutValidation("X-Consul-Knownleader", "true");
            response.Headers.TryAddWithoutValidation("X-Consul-Lastcontact", "0");
        }

        answered.TrySetResult(response);
    }

    private static Dictionary<string, string> Parse(string query)
    {
        var parsed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            parsed[equals < 0 ? part : part[..equals]] = equals < 0 ? "" : Uri.UnescapeDataString(part[(equals + 1)..]);
        }

        return parsed;
    }
}

/// <summary>Changes what is said between a process and Consul: how bugs are planted. The real thing changes nothing.</summary>
internal interface IMutation
{
    byte[] Request(SimProcess caller, string path, byte[] body);

    /// <summary>Whether processes measure by the clock as it is set.</summary>
    bool TrustsWallClock { get; }

    SimAnswer Answer(SimProcess caller, SimCall call, SimAnswer answer);
}
