using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using static Nexus.Consul.Tests.TestWatching;

namespace Nexus.Consul.Tests.Http;

/// <summary>What a real server cannot be made to do at will: hang, hiccup, answer nonsense.</summary>
public sealed class RetryTests
{
    private readonly PatientTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_idempotent_call_is_retried_while_there_is_no_leader()
    {
        var consul = new ScriptedConsul(Say(500, "No cluster leader"), Say(500, "rpc error making call: EOF"), Say(200, "true"));
        using var client = Client(consul);
        await client.Kv.PutAsync("a", Bytes("1"), Token);
        Assert.Equal(3, consul.Requests.Count);
        Assert.All(consul.Requests, request => Assert.Equal("PUT /v1/kv/a 1", request));
    }

    [Fact]
    public async Task Retries_end_and_tell_the_last_reason()
    {
        var consul = new ScriptedConsul(Say(500, "No cluster leader"), Say(500, "No cluster leader"), Say(500, "No cluster leader"));
        using var client = Client(consul);
        var exception = await Assert.ThrowsAsync<ConsulException>(() => client.Kv.GetAsync("a", Token));
        Assert.True(exception.IsNoLeader);
        Assert.Equal(3, consul.Requests.Count);
    }

    [Theory]
    [InlineData("cas", "a second attempt would be told of the first one's success as a refusal")]
    [InlineData("session", "a second attempt would make a second session")]
    [InlineData("txn", "its CAS steps make it unrepeatable")]
    public async Task A_call_that_is_not_idempotent_is_tried_once(string call, string because)
    {
        var consul = new ScriptedConsul(Say(500, "No cluster leader"), Say(200, "true"));
        using var client = Client(consul);
        Task task = call switch
        {
            "cas" => client.Kv.CompareAndSetAsync("a", Bytes("1"), 1, Token),
            "session" => client.Sessions.CreateAsync(new SessionRequest(), Token),
            _ => client.Transactions.ExecuteAsync([TxnOperation.Delete("a")], Token),
        };
        await Assert.ThrowsAsync<ConsulException>(() => task);
        Assert.True(consul.Requests.Count == 1, because);
    }

    [Fact]
    public async Task A_500_that_would_not_get_better_is_not_retried()
    {
        var consul = new ScriptedConsul(Say(500, "invalid session \"x\""), Say(200, "true"));
        using var client = Client(consul);
        var exception = await Assert.ThrowsAsync<ConsulException>(
            () => client.Kv.AcquireAsync("a", Bytes("1"), "x", Token));
        Assert.True(exception.IsInvalidSession);
        Assert.Single(consul.Requests);
    }

    [Fact]
    public async Task A_hanging_write_ends_by_its_timeout_and_says_what_is_unknown()
    {
        var consul = new ScriptedConsul(Hang, Hang, Hang);
        using var client = Client(consul);
        var exception = await Assert.ThrowsAsync<ConsulException>(
            () => client.Kv.CompareAndSetAsync("a", Bytes("1"), 1, Token));
        Assert.True(exception.IsUnreachable);
        Assert.Contains("did not answer PUT /v1/kv/a within 60 s", exception.Message, StringComparison.Ordinal);
        Assert.Contains("took effect is unknown", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hanging_read_is_tried_again()
    {
        var consul = new ScriptedConsul(Hang, Say(404, ""));
        using var client = Client(consul);
        Assert.Null(await client.Kv.GetAsync("a", Token));
    }

    [Fact]
    public async Task Cancelling_is_not_a_failure_of_consul()
    {
        using var client = Client(new ScriptedConsul(Silence));
        using var cancel = new CancellationTokenSource();
        var task = client.Kv.GetAsync("a", cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
    }

    [Fact]
    public async Task An_answer_that_is_not_consuls_is_a_consul_exception()
    {
        using var client = Client(new ScriptedConsul(Say(200, "<html>")));
        var exception = await Assert.ThrowsAsync<ConsulException>(() => client.Kv.GetAsync("a", Token));
        Assert.Contains("not Consul's JSON", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_whose_server_falls_silent_reports_and_looks_again()
    {
        var consul = new ScriptedConsul(Say(404, "", index: 7), Hang, Say(404, "", index: 9));
        using var client = Client(consul);
        Exception? reported = null;
        var options = new WatchOptions { OnError = error => reported = error };
        await using var watch = client.Kv.WatchAsync("a", options, Token).GetAsyncEnumerator(Token);
        await watch.NextAsync("the first read");
        await watch.MoveNextAsync().AsTask();
        Assert.Equal(9ul, watch.Current.Index);
        Assert.IsType<ConsulException>(reported);
        Assert.Equal(["GET /v1/kv/a ", "GET /v1/kv/a?index=7&wait=60000ms ", "GET /v1/kv/a "], consul.Requests);
    }

    [Fact]
    public async Task Token_and_datacenter_are_sent_the_token_never_in_the_address()
    {
        var consul = new ScriptedConsul(Say(404, ""));
        using var client = Client(consul, new ConsulOptions { Token = "s3cret", Datacenter = "eu 1" });
        await client.Kv.GetAsync("a", ReadConsistency.Consistent, Token);
        Assert.Equal(["GET /v1/kv/a?consistent&dc=eu%201 "], consul.Requests);
        Assert.Equal("s3cret", consul.LastToken);
    }

    private static Func<CancellationToken, Task<HttpResponseMessage>> Say(int status, string text, ulong index = 1) => _ =>
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(text, Encoding.UTF8) };
        response.Headers.Add("X-Consul-Index", $"{index}");
        return Task.FromResult(response);
    };

    /// <summary>Lets time pass until whoever waits for this answer gives up.</summary>
    private async Task<HttpResponseMessage> Hang(CancellationToken cancellationToken)
    {
        _time.Advance(TimeSpan.FromHours(1));
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        throw new InvalidOperationException("An endless wait ended.");
    }

    private static Task<HttpResponseMessage> Silence(CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<HttpResponseMessage>();
        cancellationToken.Register(() => answer.TrySetCanceled(cancellationToken));
        return answer.Task;
    }

    private ConsulClient Client(HttpMessageHandler handler, ConsulOptions? options = null)
    {
        options ??= new ConsulOptions();
        options.RequestTimeout = TimeSpan.FromMinutes(1);
        return new ConsulClient(options, _time, loggerFactory: null, handler, jitter: () => 0.5);
    }

    /// <summary>Pauses between attempts (10 s at most) end at once; timeouts (a minute at least) when the test says so.</summary>
    private sealed class PatientTime : FakeTimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            dueTime > TimeSpan.Zero && dueTime <= TimeSpan.FromSeconds(10)
                ? System.CreateTimer(callback, state, TimeSpan.Zero, period)
                : base.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class ScriptedConsul(params Func<CancellationToken, Task<HttpResponseMessage>>[] answers) : HttpMessageHandler
    {
        public List<string> Requests { get; } = [];

        public string? LastToken { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            LastToken = request.Headers.TryGetValues("X-Consul-Token", out var values) ? values.Single() : null;
            Requests.Add($"{request.Method} {request.RequestUri!.PathAndQuery} {body}");
            return await answers[Requests.Count - 1](cancellationToken);
        }
    }
}
