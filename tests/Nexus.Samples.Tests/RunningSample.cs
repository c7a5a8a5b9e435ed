using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Nexus.Samples.Web;

namespace Nexus.Samples.Tests;

/// <summary>The web sample in this process, on a free loopback port.</summary>
internal sealed class RunningSample : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningSample(WebApplication app)
    {
        _app = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Client { get; }

    public static async Task<RunningSample> StartAsync(SampleSettings settings, CancellationToken cancellationToken)
    {
        var app = WebSample.Build(settings with { Bind = IPAddress.Loopback, Port = 0 }, TimeProvider.System);
        await app.StartAsync(cancellationToken);
        return new RunningSample(app);
    }

    public async Task SwitchAsync(string what, CancellationToken cancellationToken)
    {
        using var response = await Client.PostAsJsonAsync($"/switch/{what}", "", cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public async Task<HttpStatusCode> StatusOfAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await Client.GetAsync(path, cancellationToken);
        return response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
