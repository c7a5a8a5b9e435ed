using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Options;
using Nexus.ServiceDefaults.Telemetry;

namespace Nexus.ServiceDefaults.Tests;

public sealed class ServiceProgramTests
{
    [Fact]
    public async Task An_address_in_use_is_one_line_and_exit_code_1()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using var errors = new StringWriter();

        var code = await ServiceProgram.RunAsync(() => Listening($"http://{taken.LocalEndpoint}"), errors);

        Assert.Equal(1, code);
        Assert.Contains($"{taken.LocalEndpoint}: address already in use. Stop what listens there", errors.ToString(), StringComparison.Ordinal);
        Assert.Single(errors.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Settings_that_cannot_be_are_named_without_a_trace()
    {
        using var errors = new StringWriter();

        var code = await ServiceProgram.RunAsync(
            () => throw new OptionsValidationException("Worker", typeof(object), ["Worker:Name is empty"]), errors);

        Assert.Equal((1, "error: Worker:Name is empty"), (code, errors.ToString().TrimEnd()));
    }

    [Fact]
    public void Histograms_of_seconds_tell_a_millisecond_from_a_second()
    {
        using var meter = new Meter("test");

        var boundaries = meter.CreateSecondsHistogram("test.duration", "Something").Advice?.HistogramBucketBoundaries;

        Assert.NotNull(boundaries);
        Assert.Contains(0.001, boundaries);
        Assert.Contains(0.05, boundaries);
        Assert.Equal(60, boundaries[^1]);
    }

    private static WebApplication Listening(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(url);
        return builder.Build();
    }
}
