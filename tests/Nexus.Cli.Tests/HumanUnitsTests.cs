using Nexus.Cli.Views;

namespace Nexus.Cli.Tests;

public sealed class HumanUnitsTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1500, "1.5 KB")]
    [InlineData(128_000_000, "128 MB")]
    [InlineData(128L << 20, "128 MiB")]
    [InlineData((1L << 30) + (1L << 29), "1.5 GiB")]
    [InlineData(25_123_456_789, "25 GB")]
    public void Bytes_uses_the_largest_unit_of_the_specs_kind(long bytes, string expected) => Assert.Equal(expected, HumanUnits.Bytes(bytes));

    [Theory]
    [InlineData(500, "0.5 cpu")]
    [InlineData(2000, "2 cpu")]
    [InlineData(125, "0.125 cpu")]
    public void Cpu_counts_in_cores(int millicores, string expected) => Assert.Equal(expected, HumanUnits.Cpu(millicores));

    [Theory]
    [InlineData(-5, "now")]
    [InlineData(0.4, "now")]
    [InlineData(3.9, "3 s ago")]
    [InlineData(60, "1 min ago")]
    [InlineData(7199, "1 h ago")]
    [InlineData(86400 * 3, "3 d ago")]
    public void Ago_rounds_down(double seconds, string expected)
    {
        var now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        Assert.Equal(expected, HumanUnits.Ago(now.AddSeconds(-seconds), now));
    }

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("90s", 90)]
    [InlineData("1.5m", 90)]
    [InlineData("1m30s", 90)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86400)]
    public void TryParseSpan_reads_a_number_and_a_unit(string text, double seconds)
    {
        Assert.True(HumanUnits.TryParseSpan(text, out var span));
        Assert.Equal(TimeSpan.FromSeconds(seconds), span);
    }

    [Theory]
    [InlineData("90")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5w")]
    [InlineData("5m3")]
    [InlineData("1.2.3s")]
    [InlineData("99999999999d")]
    [InlineData("")]
    public void TryParseSpan_refuses_a_guess(string text) => Assert.False(HumanUnits.TryParseSpan(text, out _));
}
