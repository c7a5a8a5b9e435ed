using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Nexus.ServiceDefaults.Loops;

namespace Nexus.ServiceDefaults.Tests;

public sealed class HealthEndpointTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_lists_every_check_with_status_and_description()
    {
        await using var app = await TestApp.StartAsync(Cancel, configure: builder => builder.Services.AddHealthChecks()
            .AddCheck("consul", () => HealthCheckResult.Unhealthy("no leader")));

        using var response = await app.Client.GetAsync("/health", Cancel);
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("Unhealthy", body.RootElement.GetProperty("status").GetString());
        var checks = body.RootElement.GetProperty("checks");
        Assert.Equal("no leader", checks.GetProperty("consul").GetProperty("description").GetString());
        Assert.Equal("Healthy", checks.GetProperty("loops").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Alive_ignores_a_dependency_that_is_away()
    {
        await using var app = await TestApp.StartAsync(Cancel, configure: builder => builder.Services.AddHealthChecks()
            .AddCheck("consul", () => HealthCheckResult.Unhealthy("no leader")));

        using var response = await app.Client.GetAsync("/alive", Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain("consul", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Alive_fails_and_names_a_loop_that_hangs()
    {
        var time = new FakeTimeProvider();
        await using var app = await TestApp.StartAsync(
            Cancel, configure: builder => builder.Services.AddSingleton<TimeProvider>(time));
        using var loop = app.App.Services.GetRequiredService<LoopHeartbeats>().Register("reconcile", TimeSpan.FromSeconds(5));

        time.Advance(TimeSpan.FromSeconds(6));
        using var hung = await app.Client.GetAsync("/alive", Cancel);
        loop.Beat();
        using var back = await app.Client.GetAsync("/alive", Cancel);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, hung.StatusCode);
        Assert.Contains(
            "reconcile silent for 6.0 s (limit 5.0 s)", await hung.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, back.StatusCode);
    }

    [Fact]
    public async Task Default_endpoints_with_a_port_leave_the_paths_of_other_ports_to_the_application()
    {
        await using var app = await TestApp.StartAsync(
            Cancel,
            configure: builder => builder.WebHost.UseSetting("urls", "http://127.0.0.1:0;http://127.0.0.2:0"),
            map: app =>
            {
                app.MapGet("/{**rest}", () => "the application's");
                // The port is known only after the start: read it when the endpoints are built.
                app.Lifetime.ApplicationStarted.Register(() => app.MapDefaultEndpoints(new Uri(app.Urls.Last()).Port));
            });
        var forged = new HttpRequestMessage(HttpMethod.Get, new Uri(app.Addresses[0], "/health"));
        forged.Headers.Host = app.Addresses[1].Authority;

        Assert.Equal("the application's", await app.Client.GetStringAsync(new Uri(app.Addresses[0], "/metrics"), Cancel));
        using var response = await app.Client.SendAsync(forged, Cancel);
        Assert.Equal("the application's", await response.Content.ReadAsStringAsync(Cancel));
        Assert.Contains(
            "\"Healthy\"", await app.Client.GetStringAsync(new Uri(app.Addresses[1], "/health"), Cancel), StringComparison.Ordinal);
    }
}
