using Nexus.Testing;

namespace Nexus.Gateway.Tests;

/// <summary>The rules by which names of metrics are judged where promtool is not installed.</summary>
public sealed class PrometheusNamesTests
{
    [Theory]
    [InlineData("nexus_requests_total", "counter", null)]
    [InlineData("nexus_apply_duration_seconds", "histogram", null)]
    [InlineData("nexus_pools", "gauge", null)]
    [InlineData("nexus_requests", "counter", "does not end in _total")]
    [InlineData("nexus_pools_total", "gauge", "is no counter")]
    [InlineData("dotnet_timer_count", "gauge", "ends in _count")]
    [InlineData("nexus_request_counter_total", "counter", "names its type")]
    [InlineData("nexus_apply_duration_ms", "histogram", "no base unit")]
    [InlineData("nexus_sizeKept", "gauge", "snake_case")]
    public async Task Check_names_what_is_wrong(string name, string type, string? expected)
    {
        var page = $"# TYPE {name} {type}\n# HELP {name} What it is.\n{Samples(name, type)}";
        var wrong = PrometheusNames.Check(page);
        Assert.Equal(expected is null ? 0 : 1, wrong.Count);
        Assert.All(wrong, line => Assert.Contains(expected!, line, StringComparison.Ordinal));
        Assert.Equal(expected is null, (await PrometheusNames.CheckAsync(page, TestContext.Current.CancellationToken)).Count == 0);
    }

    private static string Samples(string name, string type) => type == "histogram"
        ? $"{name}_bucket{{le=\"+Inf\"}} 1\n{name}_sum 1\n{name}_count 1\n"
        : $"{name} 1\n";
}
