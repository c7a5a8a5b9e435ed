using Nexus.Cli.Drills.Load;

namespace Nexus.Bench.Reliability.Rows;

/// <summary>What the clients saw during one experiment.</summary>
/// <param name="Sent">GETs due.</param>
/// <param name="Failed">Of those, failed.</param>
/// <param name="OtherSent">POSTs due.</param>
/// <param name="OtherFailed">Of those, failed.</param>
/// <param name="P99">99th percentile of the GETs' latency, from when each was due.</param>
/// <param name="Example">The failures in words; null without any.</param>
internal sealed record Traffic(long Sent, long Failed, long OtherSent, long OtherFailed, TimeSpan P99, string? Example)
{
    public static Traffic None { get; } = new(0, 0, 0, 0, TimeSpan.Zero, null);

    public Traffic Add(Traffic other) => new(
        Sent + other.Sent, Failed + other.Failed, OtherSent + other.OtherSent, OtherFailed + other.OtherFailed,
        P99 > other.P99 ? P99 : other.P99, Example ?? other.Example);
}

/// <summary>
/// The open-loop load of every experiment, that of <c>nexus drill</c>: GETs over kept connections, GETs with a connection each,
/// and some POSTs, which nobody may send twice.
/// </summary>
internal sealed class BenchLoad : IAsyncDisposable
{
    private const int Kept = 500;
    private const int New = 200;
    private const int Posts = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly LoadGenerator _gets;
    private readonly LoadGenerator _posts;

    public BenchLoad(Uri url)
    {
        var target = new LoadTarget([url], HttpMethod.Get, Patience);
        _gets = LoadGenerator.Start(target, new LoadRates(Kept, New), TimeProvider.System);
        _posts = LoadGenerator.Start(target with { Method = HttpMethod.Post }, new LoadRates(Posts, 0), TimeProvider.System);
    }

    /// <summary>Forgets what was before.</summary>
    public void Begin()
    {
        _gets.Cut();
        _posts.Cut();
    }

    /// <summary>What was due since <see cref="Begin"/>, all of it answered.</summary>
    public async Task<Traffic> EndAsync()
    {
        var (gets, posts) = (_gets.Cut(), _posts.Cut());
        await Task.WhenAll(gets.CloseAsync(), posts.CloseAsync());
        var example = gets.Failures.Concat(posts.Failures).FirstOrDefault();
        return new Traffic(
            gets.Sent, gets.Failed, posts.Sent, posts.Failed, gets.Latency.At(99),
            example is null ? null : $"{Count(gets)}{Count(posts)}first at {example.At.TotalSeconds:0.00} s: {example.Detail}");
    }

    private static string Count(LoadWindow window) => string.Concat(window.Kinds.Select(k => $"{k.Value} × {k.Key}, "));

    public async ValueTask DisposeAsync()
    {
        await _gets.DisposeAsync();
        await _posts.DisposeAsync();
    }
}
