using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.ServiceDefaults.Health;

namespace Nexus.ServiceDefaults.Tests;

public sealed class HealthProbeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, 0, "")]
    [InlineData(false, 1, "answers 503")]
    public async Task RunAsync_tells_how_a_service_fares(bool healthy, int code, string words)
    {
        await using var app = await TestApp.StartAsync(Cancel, configure: builder => builder.Services.AddHealthChecks()
            .AddCheck("it", () => healthy ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy()));
        var (left, error) = await RunAsync("--healthcheck", new Uri(app.Addresses[0], "/health").ToString());
        Assert.Equal(code, left);
        Assert.Contains(words, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_tells_that_nobody_answers()
    {
        var (left, error) = await RunAsync("--healthcheck", "http://127.0.0.1:1/health");
        Assert.Equal(1, left);
        Assert.StartsWith("http://127.0.0.1:1/health does not answer: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--healthcheck")]
    [InlineData("--healthcheck", "health")]
    [InlineData("--healthcheck", "ftp://127.0.0.1/")]
    [InlineData("--healthcheck", "http://127.0.0.1/", "more")]
    public async Task RunAsync_refuses_what_is_no_address(params string[] args)
    {
        Assert.True(HealthProbe.IsAskedFor(args));
        var (left, error) = await RunAsync(args);
        Assert.Equal(2, left);
        Assert.Contains("needs one address", error, StringComparison.Ordinal);
    }

    [Fact]
    public void IsAskedFor_leaves_other_command_lines_to_the_service() => Assert.False(HealthProbe.IsAskedFor(["--urls", "http://*:1"]));

    private static async Task<(int Code, string Error)> RunAsync(params string[] args)
    {
        await using var error = new StringWriter();
        return (await HealthProbe.RunAsync(args, error), error.ToString());
    }
}
