using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Nexus.Cli.Drills.Load;
using Nexus.Cli.Drills.Report;

namespace Nexus.Cli.Tests.Drills;

public sealed class LoadTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(500)]
    [InlineData(9973)]
    public void Schedule_spaces_requests_evenly_and_never_drifts(int rate)
    {
        var schedule = new LoadSchedule(rate);

        Assert.Equal(Second * 3600, schedule.DueAt(3600L * rate));
        var gaps = Enumerable.Range(1, 10_000).Select(n => schedule.DueAt(n) - schedule.DueAt(n - 1)).ToList();
        Assert.InRange((gaps.Max() - gaps.Min()).Ticks, 0, 1);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(500)]
    [InlineData(9973)]
    public void Schedule_knows_at_any_moment_how_many_are_due(int rate)
    {
        var schedule = new LoadSchedule(rate);

        for (var n = 0L; n < 20_000; n += 17)
        {
            Assert.Equal(n + 1, schedule.DueBy(schedule.DueAt(n)));
            Assert.Equal(n + 1, schedule.DueBy(schedule.DueAt(n + 1) - TimeSpan.FromTicks(1)));
        }

        Assert.Equal(0, schedule.DueBy(-Second));
    }

    [Fact]
    public async Task Latency_counts_from_when_a_request_was_due_also_while_nothing_answers()
    {
        var time = new FakeTimeProvider();
        var window = new LoadWindow(TimeSpan.Zero);
        var answer = new TaskCompletionSource<Failure?>();
        using var stop = new CancellationTokenSource();
        var running = new LoadStream(new LoadSchedule(10), () => answer.Task, 100, () => window, time).RunAsync(time.GetTimestamp(), stop.Token);

        // The service stalls for a second in which ten more requests are due: an open loop sends them all.
        time.Advance(Second);
        await UntilAsync(() => window.Sent == 11);
        answer.SetResult(null);
        await stop.CancelAsync();
        await running;
        await window.CloseAsync();

        Assert.Equal(11, window.Latency.Count);
        Assert.Equal(TimeSpan.FromMilliseconds(900), window.Lag);
        Assert.InRange(window.Latency.Max.TotalMilliseconds, 999, 1001);
        Assert.InRange(window.Latency.At(50).TotalMilliseconds, 499, 501);
    }

    [Fact]
    public async Task More_unanswered_requests_than_the_bound_count_as_failed_and_not_as_late()
    {
        var time = new FakeTimeProvider();
        var window = new LoadWindow(TimeSpan.Zero);
        var answer = new TaskCompletionSource<Failure?>();
        using var stop = new CancellationTokenSource();
        var running = new LoadStream(new LoadSchedule(10), () => answer.Task, 4, () => window, time).RunAsync(time.GetTimestamp(), stop.Token);

        time.Advance(Second);
        await UntilAsync(() => window.Sent == 11);
        answer.SetResult(null);
        await stop.CancelAsync();
        await running;
        await window.CloseAsync();

        Assert.Equal((4, 7), (window.Latency.Count, window.Failed));
        Assert.Equal(7, window.Kinds[Failure.Unsent]);
    }

    [Fact]
    public async Task A_request_belongs_to_the_window_in_which_it_was_due()
    {
        var first = new LoadWindow(TimeSpan.Zero);
        Assert.True(first.TryBegin(Second));
        var closed = first.CloseAsync();

        Assert.False(first.TryBegin(Second * 2));
        Assert.False(closed.IsCompleted);
        first.End(Second, Second, new Failure("503", "no replica"));
        await closed;

        Assert.Equal((1, 1, Second), (first.Sent, first.Failed, first.Lag));
        Assert.Equal(new FailedRequest("503", Second, Second, "no replica"), Assert.Single(first.Failures));
        Assert.Equal(TimeSpan.Zero, first.Latency.Max);
    }

    [Fact]
    public void Histogram_keeps_the_far_end_exact_and_adds_up()
    {
        var latency = new LatencyHistogram();
        for (var i = 1; i <= 1000; i++)
        {
            latency.Record(TimeSpan.FromMilliseconds(i));
        }

        var all = new LatencyHistogram();
        all.Add(latency);
        all.Record(TimeSpan.FromSeconds(30));

        Assert.InRange(all.At(50).TotalMilliseconds, 499, 502);
        Assert.InRange(all.At(99).TotalMilliseconds, 988, 993);
        Assert.InRange(all.Max.TotalSeconds, 29.9, 30.1);
        Assert.Equal(1001, all.Count);
    }

    [Fact]
    public void Times_of_runs_are_summed_up_by_values_that_were_measured()
    {
        var times = RunTimes.Of(Enumerable.Range(1, 20).Select(i => (TimeSpan?)TimeSpan.FromMilliseconds(i)).Append(null))!;

        Assert.Equal((10d, 19d, 20d, 20), (times.P50, times.P95, times.Max, times.All.Count));
        Assert.Null(RunTimes.Of([null]));
    }

    [Fact]
    public async Task Sender_goes_on_to_the_next_address_where_no_connection_comes_about()
    {
        await using var service = await FakeService.StartAsync();
        using var sender = Sender([Closed(), service.Address], newConnections: false);

        for (var i = 0; i < 4; i++)
        {
            Assert.Null(await sender.SendAsync());
        }

        using var nowhere = Sender([Closed()], newConnections: false);
        Assert.Equal("connection refused", (await nowhere.SendAsync())?.Kind);
    }

    [Fact]
    public async Task Sender_tells_failures_apart()
    {
        await using var service = await FakeService.StartAsync();
        using var sender = Sender([service.Address], newConnections: false);
        using var hasty = new LoadSender(new LoadTarget([service.Address], HttpMethod.Get, TimeSpan.FromMilliseconds(100)), false, TimeProvider.System);

        service.Status = 503;
        var refused = await sender.SendAsync();
        service.Status = 0;
        var broken = await sender.SendAsync();
        service.Status = -1;
        var late = await hasty.SendAsync();

        Assert.Equal(new Failure("503", "said"), refused);
        Assert.StartsWith("connection", broken?.Kind, StringComparison.Ordinal);
        Assert.Equal(Failure.Late, late?.Kind);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    public async Task Sender_opens_a_connection_for_each_request_when_asked_to(bool newConnections, int connections)
    {
        await using var service = await FakeService.StartAsync();
        using var sender = Sender([service.Address], newConnections);

        for (var i = 0; i < 3; i++)
        {
            Assert.Null(await sender.SendAsync());
        }

        Assert.Equal(connections, service.Connections);
    }

    private static LoadSender Sender(IReadOnlyList<Uri> urls, bool newConnections) =>
        new(new LoadTarget(urls, HttpMethod.Get, TimeSpan.FromSeconds(10)), newConnections, TimeProvider.System);

    private static Uri Closed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, patience.Token);
        }
    }
}
