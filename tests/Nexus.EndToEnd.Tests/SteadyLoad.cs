using System.Collections.Concurrent;

namespace Nexus.EndToEnd.Tests;

/// <summary>GETs at a steady rate, each on its own time whether or not earlier ones were answered, until disposed.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly Task _running;
    private int _sent;

    public SteadyLoad(HttpClient client, string path, int perSecond) => _running = RunAsync(client, path, perSecond);

    public int Sent => Volatile.Read(ref _sent);

    public IReadOnlyCollection<string> Failures => _failures;

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

    private async Task RunAsync(HttpClient client, string path, int perSecond)
    {
        var inFlight = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond), TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                inFlight.RemoveAll(t => t.IsCompleted);
                inFlight.Add(SendAsync(client, path));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(inFlight);
        }
    }

    private async Task SendAsync(HttpClient client, string path)
    {
        Interlocked.Increment(ref _sent);
        try
        {
            using var answer = await client.GetAsync(path, CancellationToken.None);
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
