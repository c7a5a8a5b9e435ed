using System.Text;
using Nexus.Gateway.Tests.Harness.Wire;

namespace Nexus.Gateway.Tests.Bytes;

/// <summary>
/// Random bytes from clients and replicas through a gateway, judged by the tests' own reading of the RFCs. NEXUS_FUZZ_CASES and
/// NEXUS_FUZZ_SEED choose more than the few hundred that every run can afford, and others.
/// </summary>
public sealed class FuzzTests(WireGateway wire) : IClassFixture<WireGateway>
{
    private const int MostFailures = 5;

    private static readonly string[] NotCompared =
    [
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Alt-Svc",
        "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization", "Content-Length", "Host", "Server", "Expect",
    ];

    private static readonly string[] AddedToRequests = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"];

    private static readonly string[] AddedToResponses =
        ["Date", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Content-Security-Policy"];

    private static readonly string[] Claims = ["X-Forwarded-For", "X-Real-IP", "Forwarded"];

    private readonly List<string> _failures = [];

    [Fact]
    public async Task Whatever_clients_and_replicas_send_is_passed_on_or_refused_without_wrong_blame()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("NEXUS_FUZZ_CASES") ?? "300");
        var seed = int.Parse(Environment.GetEnvironmentVariable("NEXUS_FUZZ_SEED") ?? "9110");
        var valid = 0;
        for (var i = 0; i < count && _failures.Count < MostFailures; i++)
        {
            var fuzz = new WireFuzz(new Random((seed * 1_000_003) + i));
            var exchange = Exchange.Make(fuzz);
            valid += exchange.IsValid ? 1 : 0;
            var before = _failures.Count;
            await RunAsync(exchange, $"case {i} of seed {seed}");
            if (_failures.Count > before)
            {
                _failures.Add(exchange.ToString());
            }
        }

        Assert.True(_failures.Count == 0, string.Join("\n\n", _failures));
        Assert.InRange(valid, count / 10, count);
        wire.AssertNoErrorLogged();
        wire.Begin(RawReplica.Answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nstay"));
        Assert.Equal("stay", (await wire.AskAsync("GET / HTTP/1.1\r\nHost: any.test\r\nConnection: close\r\n\r\n")).Text);
    }

    private async Task RunAsync(Exchange exchange, string name)
    {
        wire.Begin(connection => exchange.ServeAsync(connection));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        WireMessage? answer = null;
        try
        {
            using var client = await RawClient.ConnectAsync(wire.Port, limit.Token);
            await client.SendAsync(exchange.RequestBytes, limit.Token);
            if (exchange.Request.Verdict != Verdict.Incomplete)
            {
                answer = await client.ReadAnswerAsync(exchange.Method, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            _failures.Add($"{name}: no answer within the limit");
            return;
        }
        catch (System.Net.Sockets.SocketException)
        {
            // It was cut off while it was sending, as a client that sends nonsense may be.
        }

        await wire.QuietAsync();
        CheckBlame(exchange, name);
        if (answer is not null)
        {
            CheckAnswer(exchange, answer, name);
        }
    }

    private void CheckBlame(Exchange exchange, string name)
    {
        var mayBlame = exchange.Response.Verdict != Verdict.Valid && exchange.Request.Verdict is Verdict.Valid or Verdict.Tolerable;
        if (!mayBlame && !wire.Ejections.IsEmpty)
        {
            _failures.Add($"{name}: ejected for {wire.Ejections.All.First().Reason}");
        }

        if (!mayBlame && wire.Requests.Count > 1)
        {
            _failures.Add($"{name}: asked {wire.Requests.Count} times");
        }

        if (exchange.Request.Verdict == Verdict.Invalid && wire.Requests.Count > 0)
        {
            _failures.Add($"{name}: an invalid request was forwarded: {wire.Requests[0]}");
        }
    }

    private void CheckAnswer(Exchange exchange, WireMessage answer, string name)
    {
        if (answer.Verdict == Verdict.Invalid)
        {
            _failures.Add($"{name}: the gateway sent an invalid response: {answer}");
        }
        else if (exchange.Request.Verdict == Verdict.Invalid)
        {
            if (answer.HasHead && answer.Status is not (>= 400 and < 600) && !exchange.AnswersEarly)
            {
                _failures.Add($"{name}: an invalid request was answered with {answer}");
            }
        }
        else if (exchange.Request.Verdict == Verdict.Valid && exchange.Response.Verdict == Verdict.Invalid)
        {
            if (answer.Status != 502 && answer.Verdict != Verdict.Incomplete)
            {
                _failures.Add($"{name}: an invalid response came out as {answer}");
            }
        }
        else if (exchange.IsValid)
        {
            CheckResponse(exchange.Response, answer, name);
            CheckRequest(exchange, name);
        }
    }

    private void CheckResponse(WireMessage sent, WireMessage got, string name)
    {
        var body = sent.Status == 205 ? [] : sent.Body;
        if (got.Verdict != Verdict.Valid || got.Status != sent.Status || !got.Body.AsSpan().SequenceEqual(body))
        {
            _failures.Add($"{name}: the response came out as {got}");
            return;
        }

        Compare(sent, got, AddedToResponses, [], name + ": response");
    }

    private void CheckRequest(Exchange exchange, string name)
    {
        var sent = exchange.Request;
        if (wire.Requests is not [var got])
        {
            if (!exchange.AnswersEarly)
            {
                _failures.Add($"{name}: the replica read {wire.Requests.Count} requests");
            }

            return;
        }

        if (got.Verdict != Verdict.Valid || got.Method != sent.Method || got.Target != sent.Target || !got.Body.AsSpan().SequenceEqual(sent.Body))
        {
            _failures.Add($"{name}: the request came out as {got}");
            return;
        }

        Compare(sent, got, AddedToRequests, Claims, name + ": request");
    }

    private void Compare(WireMessage sent, WireMessage got, string[] added, string[] removed, string name)
    {
        var nominated = (sent["Connection"] ?? "").Split(',').Select(n => n.Trim(' ', '\t')).ToList();
        foreach (var field in sent.Fields.Select(f => f.Key).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var isDropped = Is(NotCompared, field) || Is(removed, field) || nominated.Contains(field, StringComparer.OrdinalIgnoreCase);
            if (!isDropped && got[field] != sent[field] && !JoinsOtherwise(sent, field))
            {
                _failures.Add($"{name} field {field} was '{sent[field]}' and came out as '{got[field]}'");
            }
        }

        foreach (var field in got.Fields.Select(f => f.Key))
        {
            if (!Is(NotCompared, field) && !Is(added, field) && sent[field] is null)
            {
                _failures.Add($"{name} field {field} was added");
            }
        }

        static bool Is(string[] names, string field) => names.Contains(field, StringComparer.OrdinalIgnoreCase);

        // Lines of these are joined by something else than a comma.
        static bool JoinsOtherwise(WireMessage sent, string field) =>
            sent.Fields.Count(f => f.Key.Equals(field, StringComparison.OrdinalIgnoreCase)) > 1
            && field.ToLowerInvariant() is "cookie" or "user-agent" or "server";
    }

    /// <summary>What one client sends and one replica answers.</summary>
    private sealed record Exchange(byte[] RequestBytes, byte[] ResponseBytes, WireMessage Request, WireMessage Response)
    {
        public bool AnswersEarly { get; private init; }

        public string Method => Request.Method;

        public bool IsValid => Request.Verdict == Verdict.Valid && Response.Verdict == Verdict.Valid;

        private bool Keeps { get; init; }

        public static Exchange Make(WireFuzz fuzz)
        {
            var (request, response) = (fuzz.Request(), fuzz.Response());
            var kind = fuzz.Chance(40) ? 0 : fuzz.Chance(60) ? 1 : fuzz.Chance(50) ? 2 : 3;
            request = kind is 1 or 2 ? fuzz.Damage(request) : request;
            response = kind is 0 or 2 ? fuzz.Damage(response) : response;
            var readRequest = WireParser.Request(request);
            var method = readRequest.HasHead ? readRequest.Method : "GET";
            var readResponse = WireParser.Response(response, method, ended: true);
            if (readResponse.Status == 101)
            {
                readResponse = readResponse with { Verdict = Verdict.Invalid, Because = "101 that nobody asked for" };
            }

            return new Exchange(request, response, readRequest, readResponse)
            {
                // One that waits for the rest of an upload before it ends its answer would cost seconds each.
                AnswersEarly = fuzz.Chance(10) && readResponse is { Verdict: Verdict.Valid, EndsWithConnection: false },
                Keeps = fuzz.Chance(50) && readResponse is { Verdict: Verdict.Valid, EndsWithConnection: false } && readResponse.Length == response.Length,
            };
        }

        public async Task ServeAsync(RawConnection connection)
        {
            do
            {
                if (AnswersEarly && await connection.ReadHeadAsync(counts: false) is not null)
                {
                    await connection.SendAsync(ResponseBytes);
                    await connection.ReadRequestAsync();
                }
                else if (await connection.ReadRequestAsync() is not null)
                {
                    await connection.SendAsync(ResponseBytes);
                }
                else
                {
                    return;
                }
            }
            while (Keeps);
        }

        public override string ToString() =>
            $"client: {Show(RequestBytes)}\n  {Request.Verdict} {Request.Because}\nreplica: {Show(ResponseBytes)}\n  {Response.Verdict} {Response.Because}{(AnswersEarly ? " early" : "")}{(Keeps ? " keeps" : "")}";

        private static string Show(byte[] bytes) => string.Concat(Encoding.Latin1.GetString(bytes).Select(c => c switch
        {
            '\r' => "\\r",
            '\n' => "\\n",
            < ' ' or > '~' => $"\\x{(int)c:x2}",
            _ => c.ToString(),
        }));
    }
}
