using System.Collections.Concurrent;

namespace Nexus.EndToEnd.Tests;

/// <summary>Requests at a steady rate, each on its own time whether or not earlier ones were answered, until disposed.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly Task _running;
    private int _sent;

    private readonly Func<Task<HttpResponseMessage>> _send;

    public SteadyLoad(HttpClient client, string path, int perSecond)
        : this(() => client.GetAsync(path, CancellationToken.None), perSecond)
    {
    }

    private SteadyLoad(Func<Task<HttpResponseMessage>> send, int perSecond)
    {
        _send = send;
        _running = RunAsync(perSecond);
    }

    public int Sent => Volatile.Read(ref _sent);

    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>POSTs, which no gateway may send twice: what is lost here is lost.</summary>
    public static SteadyLoad OfPosts(HttpClient client, string path, int perSecond) =>
        new(() => client.PostAsync(path, new StringContent("what is sent comes back"), CancellationToken.None), perSecond);

    /// <summary>Fails the test if a request failed.</summary>
    public async Task AssertNoneFailedAsync()
    {
        await StopAsync();
        Assert.True(Failures.Count == 0, $"{Failures.Count} of {Sent} failed, first: {Failures.FirstOrDefault()}");
        Assert.True(Sent > 0, "nothing was sent");
    }

    /// <summary>Sends no more and waits for what is in flight; again, it does nothing.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task RunAsync(int perSecond)
    {
        var inFlight = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond), TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                inFlight.RemoveAll(t => t.IsCompleted);
                inFlight.Add(SendAsync());
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(inFlight);
        }
    }

    private async Task SendAsync()
    {
        Interlocked.Increment(ref _sent);
        try
        {
            using var answer = await _send();
            if (!answer.IsSuccessStatusCode)
            {
                _failures.Enqueue($"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(CancellationToken.None)}");
            }
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            _failures.Enqueue(e.Message);
        }
    }
}
