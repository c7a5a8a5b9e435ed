using Nexus.Dashboard.Telemetry;
using Nexus.Dashboard.Tests.Fixtures;

namespace Nexus.Dashboard.Tests.Telemetry;

public sealed class MetricBookTests
{
    private static readonly TelemetrySource Gateway = Make.Source("gateway");
    private static readonly InstrumentInfo Requests = new("Nexus.Gateway", "requests", "{request}", "", InstrumentKind.Counter);

    [Fact]
    public void A_count_since_the_start_is_shown_a_second()
    {
        Assert.Equal([20, 5], Points(At(0, Count(100)), At(2, Count(140)), At(4, Count(150))));
    }

    [Fact]
    public void A_sender_that_began_anew_counts_from_zero()
    {
        Assert.Equal([10, 3], Points(At(0, Count(100)), At(1, Count(110)), At(2, Count(3))));
    }

    [Fact]
    public void A_count_since_the_last_report_is_shown_a_second()
    {
        Assert.Equal([30], Points(At(0, Count(100, cumulative: false)), At(2, Count(60, cumulative: false))));
    }

    [Fact]
    public void A_report_that_comes_again_or_late_changes_nothing()
    {
        Assert.Equal([20], Points(At(0, Count(100)), At(2, Count(140)), At(2, Count(140)), At(1, Count(120))));
    }

    [Fact]
    public void The_first_count_of_all_shows_since_its_sender_began()
    {
        Assert.Equal([50, 20], Points(At(2, Count(100)) with { Start = Make.Start }, At(4, Count(140)) with { Start = Make.Start }));
    }

    [Fact]
    public void A_series_that_comes_later_counts_from_the_report_before_it()
    {
        var book = new MetricBook(new TelemetryLimits());
        book.Add(Gateway, Requests, [At(0, Count(5), "web")]);
        book.Add(Gateway, Requests, [At(2, Count(5), "web"), At(2, Count(30), "api") with { Start = Make.Start.AddHours(-1) }]);

        var view = book.Find(Gateway, Requests.Meter, Requests.Name)!;

        Assert.Equal([15], view.Series.Single(s => s.Name == "pool=api").Points.Select(p => p.Value));
        Assert.Equal([15], view.Series.Single(s => s.Name == "all").Points.Select(p => p.Value));
    }

    [Fact]
    public void Quantiles_are_those_of_the_interval()
    {
        var book = new MetricBook(new TelemetryLimits());
        var info = Requests with { Kind = InstrumentKind.Histogram };
        book.Add(Gateway, info, [At(0, Buckets(1_000, 0, 0))]);
        book.Add(Gateway, info, [At(10, Buckets(1_000, 100, 0))]);

        var point = Assert.Single(book.Find(Gateway, info.Meter, info.Name)!.Series[0].Points);

        Assert.Equal(10, point.Value);
        Assert.Equal(1.5, point.P50);
        Assert.Equal(1.99, point.P99, 6);
    }

    [Theory]
    [InlineData(0.5, new ulong[] { 10, 0, 0 }, 0.5, "halfway through the first bucket")]
    [InlineData(0.5, new ulong[] { 5, 5, 0 }, 1, "at the edge between two")]
    [InlineData(0.99, new ulong[] { 0, 0, 7 }, 2, "of an open bucket the bound is known")]
    [InlineData(0.5, new ulong[] { 0, 0, 0 }, double.NaN, "of nothing there is none")]
    public void Quantile_lies_on_a_line_through_its_bucket(double share, ulong[] counts, double expected, string because) =>
        Assert.True(expected.Equals(SeriesMath.Quantile([1, 2], counts, share)), because);

    [Fact]
    public void The_sum_of_all_series_comes_first()
    {
        var book = new MetricBook(new TelemetryLimits());
        for (var second = 0; second < 3; second++)
        {
            book.Add(Gateway, Requests, [At(second, Count(second * 10), "web"), At(second, Count(second), "api")]);
        }

        var view = book.Find(Gateway, Requests.Meter, Requests.Name)!;

        Assert.Equal(["all", "pool=api", "pool=web"], view.Series.Select(s => s.Name));
        Assert.Equal([11, 11], view.Series[0].Points.Select(p => p.Value));
    }

    [Fact]
    public void Points_series_and_instruments_are_bounded()
    {
        var book = new MetricBook(new TelemetryLimits { PointsPerSeries = 5, SeriesPerInstrument = 3, InstrumentsPerSource = 2 });
        for (var second = 0; second < 100; second++)
        {
            for (var instrument = 0; instrument < 4; instrument++)
            {
                book.Add(Gateway, Requests with { Name = $"requests{instrument}" },
                    [.. Enumerable.Range(0, 10).Select(pool => At(second, Count(second), $"{pool}"))]);
            }
        }

        Assert.Equal(2, book.Instruments(Gateway).Count);
        Assert.Equal(8, book.Series);
        var view = book.Find(Gateway, Requests.Meter, "requests0")!;
        Assert.Equal(4, view.Series.Count);
        Assert.All(view.Series, s => Assert.Equal(5, s.Points.Count));
        Assert.Equal(700, view.Omitted);
    }

    private static List<double> Points(params Measured[] reports)
    {
        var book = new MetricBook(new TelemetryLimits());
        foreach (var report in reports)
        {
            book.Add(Gateway, Requests, [report]);
        }

        return [.. book.Find(Gateway, Requests.Meter, Requests.Name)!.Series[0].Points.Select(p => p.Value)];
    }

    private static Measured At(int second, Sample sample, string pool = "web") => new([new Tag("pool", pool)], Make.Start.AddSeconds(second), sample);

    private static CountSample Count(double value, bool cumulative = true) => new(value, cumulative);

    private static BucketSample Buckets(params ulong[] counts) => new([1, 2], counts, Cumulative: true);
}
