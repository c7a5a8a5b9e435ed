using Nexus.Dashboard.Telemetry;
using Nexus.Dashboard.Tests.Fixtures;

namespace Nexus.Dashboard.Tests.Telemetry;

public sealed class LogBookTests
{
    [Fact]
    public void The_newest_records_are_kept_and_numbered_on()
    {
        var book = new LogBook(new TelemetryLimits { Logs = 100 });

        book.Add([.. Enumerable.Range(1, 250).Select(i => Make.Log($"record {i}"))]);

        Assert.Equal(100, book.Count);
        Assert.Equal(Enumerable.Range(151, 100).Reverse(), book.List(new LogQuery()).Select(e => (int)e.Number));
    }

    [Theory]
    [InlineData(null, "Trace", "", 0, "4 3 2 1", "nothing is asked for")]
    [InlineData("web", "Trace", "", 0, "3", "who wrote it")]
    [InlineData(null, "Warning", "", 0, "4 2", "how grave it is")]
    [InlineData(null, "Trace", "ALPHA", 0, "1", "the message, whatever its case")]
    [InlineData(null, "Trace", "needle", 0, "4", "an attribute's value")]
    [InlineData(null, "Trace", "", 9, "3", "the trace")]
    [InlineData("web", "Critical", "", 0, "", "all of it together")]
    public void A_query_finds(string? source, string least, string text, int trace, string expected, string because)
    {
        var book = new LogBook(new TelemetryLimits());
        book.Add([
            Make.Log("alpha", LogSeverity.Debug),
            Make.Log("beta", LogSeverity.Warning),
            Make.Log("gamma", source: "web", trace: 9),
            Make.Log("delta", LogSeverity.Error, tag: "needle"),
        ]);

        var found = book.List(new LogQuery
        {
            Source = source is null ? null : Make.Source(source),
            MinSeverity = Enum.Parse<LogSeverity>(least),
            Text = text,
            Trace = trace == 0 ? default : Make.Trace(trace),
        });

        Assert.True(expected == string.Join(' ', found.Select(e => e.Number)), because);
    }
}
