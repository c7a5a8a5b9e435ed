using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Nexus.Cli.Tests.Fakes;

/// <summary>A clock that stands still until the test has seen a wait of the wanted length and moves it on.</summary>
internal sealed class WatchedTime() : FakeTimeProvider(new DateTimeOffset(2030, 1, 31, 12, 0, 0, TimeSpan.Zero))
{
    private readonly Channel<TimeSpan> _armed = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _armed.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Waits until somebody waits for <paramref name="wait"/>, then lets that time pass.</summary>
    public async Task PassAsync(TimeSpan wait)
    {
        await ArmedAsync(wait);
        Advance(wait);
    }

    /// <summary>Waits until somebody waits for <paramref name="wait"/>.</summary>
    public async Task ArmedAsync(TimeSpan wait)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        var seen = new List<TimeSpan>();
        try
        {
            while (seen.Count == 0 || seen[^1] != wait)
            {
                seen.Add(await _armed.Reader.ReadAsync(patience.Token));
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Nobody waited for {wait}; waits seen: {string.Join(", ", seen)}");
        }
    }
}
