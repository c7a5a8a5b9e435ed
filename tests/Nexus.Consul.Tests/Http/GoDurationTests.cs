namespace Nexus.Consul.Tests.Http;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("10s", 10_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("1h2m3.5s", 3_723_500)]
    [InlineData("250ms", 250)]
    [InlineData("", null)]
    [InlineData("10", null)]
    [InlineData("s", null)]
    [InlineData("10 years", null)]
    public void Parse_reads_what_go_writes(string text, int? milliseconds) =>
        Assert.Equal(milliseconds is { } value ? TimeSpan.FromMilliseconds(value) : null, GoDuration.Parse(text));

    [Fact]
    public void Format_never_rounds_to_nothing()
    {
        Assert.Equal("1ms", GoDuration.Format(TimeSpan.FromTicks(1)));
        Assert.Equal("0ms", GoDuration.Format(TimeSpan.Zero));
        Assert.Equal("90000ms", GoDuration.Format(TimeSpan.FromSeconds(90)));
    }
}
