namespace Nexus.Cli.Drills.Load;

/// <summary>How much is sent.</summary>
/// <param name="Rate">Requests a second over kept connections; zero sends none.</param>
/// <param name="NewConnectionsRate">Requests a second with a new connection each; zero sends none.</param>
internal sealed record LoadRates(int Rate, int NewConnectionsRate);

/// <summary>Open-loop load without a break, cut into windows.</summary>
internal sealed class LoadGenerator : IAsyncDisposable
{
    /// <summary>Most unanswered requests of a stream: 8 s of 500 requests a second.</summary>
    private const int Limit = 4096;

    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly List<LoadSender> _senders = [];
    private readonly Task _running;
    private LoadWindow _window;

    private LoadGenerator(LoadTarget target, LoadRates rates, TimeProvider time)
    {
        _time = time;
        _startedAt = time.GetTimestamp();
        _window = new LoadWindow(TimeSpan.Zero);
        _running = Task.WhenAll(
            RunAsync(target, rates.Rate, newConnections: false), RunAsync(target, rates.NewConnectionsRate, newConnections: true));
    }

    public static LoadGenerator Start(LoadTarget target, LoadRates rates, TimeProvider time) => new(target, rates, time);

    /// <summary>Opens a new window for all that is due from now on, and hands over the one before, still being answered.</summary>
    public LoadWindow Cut() => Interlocked.Exchange(ref _window, new LoadWindow(_time.GetElapsedTime(_startedAt)));

    /// <summary>Opens a new window and forgets the one before.</summary>
    public void Discard() => Cut();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _window.CloseAsync();
        _senders.ForEach(s => s.Dispose());
        _stop.Dispose();
    }

    private Task RunAsync(LoadTarget target, int rate, bool newConnections)
    {
        if (rate == 0)
        {
            return Task.CompletedTask;
        }

        var sender = new LoadSender(target, newConnections, _time);
        _senders.Add(sender);
        var stream = new LoadStream(new LoadSchedule(rate), sender.SendAsync, Limit, () => Volatile.Read(ref _window), _time);
        return Task.Run(() => stream.RunAsync(_startedAt, _stop.Token));
    }
}
