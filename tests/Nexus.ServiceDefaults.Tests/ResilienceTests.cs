using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Nexus.ServiceDefaults.Http;

namespace Nexus.ServiceDefaults.Tests;

public sealed class ResilienceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string, int> Calls => new()
    {
        { "a safe call is repeated until it works", "usual", "GET", 2 },
        { "a POST may have been done: never twice", "usual", "POST", 1 },
        { "a client that opted out is on its own", "bare", "GET", 1 },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Clients_of_the_factory_retry_what_is_safe(string because, string client, string method, int expected)
    {
        var calls = 0;
        await using var app = await TestApp.StartAsync(
            Cancel,
            configure: builder => builder.Services.AddHttpClient("bare").WithoutDefaultResilience(),
            map: app => app.Map("/flaky", () => Interlocked.Increment(ref calls) == 1
                ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable)
                : Results.Ok()));
        using var http = app.App.Services.GetRequiredService<IHttpClientFactory>().CreateClient(client);

        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(app.Addresses[0], "/flaky"));
        using var response = await http.SendAsync(request, Cancel);

        Assert.True(expected == calls, $"{because}: {calls} calls");
    }
}
