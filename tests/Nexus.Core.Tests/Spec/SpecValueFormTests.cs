using Nexus.Core.Spec.Values;

namespace Nexus.Core.Tests.Spec;

/// <summary>What durations, sizes, shares and command lines mean, and what is none.</summary>
public sealed class SpecValueFormTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("1d1h1m1s1ms", 90_061_001)]
    [InlineData("0s", 0)]
    [InlineData("", null)]
    [InlineData("5", null)]
    [InlineData("s", null)]
    [InlineData("-5s", null)]
    [InlineData("1.5s", null)]
    [InlineData("5S", null)]
    [InlineData("5 s", null)]
    [InlineData("1s1s", null)]
    [InlineData("1s1m", null)]
    [InlineData("999999999d", null)]
    [InlineData("99999999999999999999s", null)]
    [InlineData("\u0665s", null)]
    public void A_duration_means(string text, int? milliseconds) =>
        Assert.Equal(milliseconds, SpecDuration.TryParse(text, out var value) ? (int)value.TotalMilliseconds : null);

    [Theory]
    [InlineData("1B", 1L)]
    [InlineData("1KB", 1000L)]
    [InlineData("1KiB", 1024L)]
    [InlineData("1Ki", 1024L)]
    [InlineData("512MB", 512_000_000L)]
    [InlineData("512MiB", 536_870_912L)]
    [InlineData("512mib", 536_870_912L)]
    [InlineData("1.5GiB", 1_610_612_736L)]
    [InlineData("2 GB", 2_000_000_000L)]
    [InlineData("1TiB", 1_099_511_627_776L)]
    [InlineData("1TB", 1_000_000_000_000L)]
    [InlineData("512", null)]
    [InlineData("512m", null)]
    [InlineData("1.GB", null)]
    [InlineData(".5GB", null)]
    [InlineData("1.2.3GB", null)]
    [InlineData("-1GB", null)]
    [InlineData("99999999999999TB", null)]
    [InlineData("GB", null)]
    [InlineData("", null)]
    public void A_size_means(string text, long? bytes) =>
        Assert.Equal(bytes, ByteSize.TryParse(text, out var value) ? value : null);

    [Theory]
    [InlineData("0.5", 500)]
    [InlineData("2", 2000)]
    [InlineData("500m", 500)]
    [InlineData("0.001", 1)]
    [InlineData("0", 0)]
    [InlineData("0.0005", null)]
    [InlineData("0.5m", null)]
    [InlineData("-1", null)]
    [InlineData("1e3", null)]
    [InlineData("m", null)]
    [InlineData("", null)]
    public void A_share_means(string text, int? millicores) =>
        Assert.Equal(millicores, CpuShare.TryParse(text, out var value) ? value : null);

    [Theory]
    [InlineData("a  b\tc", "a|b|c")]
    [InlineData("'a b' \"c d\"", "a b|c d")]
    [InlineData("a'b'\"c\"", "abc")]
    [InlineData("'' \"\"", "|")]
    [InlineData("a\\ b", "a b")]
    [InlineData("'a\\b'", "a\\b")]
    [InlineData("\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d")]
    [InlineData("$HOME *.txt", "$HOME|*.txt")]
    [InlineData("", "")]
    [InlineData("'a", null)]
    [InlineData("\"a", null)]
    [InlineData("a\\", null)]
    public void A_command_line_means(string text, string? words) =>
        Assert.Equal(words, ShellWords.Split(text) is { } split ? string.Join('|', split) : null);
}
