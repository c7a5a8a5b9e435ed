using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Nexus.ServiceDefaults.Tests;

/// <summary>An application with the defaults, on free loopback ports, and a client for its first one.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    private TestApp(WebApplication app)
    {
        App = app;
        Addresses = [.. app.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address))];
        Client = new HttpClient { BaseAddress = Addresses[0] };
    }

    public WebApplication App { get; }

    public Uri[] Addresses { get; }

    public HttpClient Client { get; }

    public static async Task<TestApp> StartAsync(
        CancellationToken cancellationToken,
        Dictionary<string, string?>? settings = null,
        Action<WebApplicationBuilder>? configure = null,
        Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Logging:Console:LogLevel:Default"] = "None", // The test's own output stays readable.
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Configuration["urls"] = "http://127.0.0.1:0";
        configure?.Invoke(builder);
        builder.AddServiceDefaults("under-test");
        var app = builder.Build();
        if (map is null)
        {
            app.MapDefaultEndpoints();
        }
        else
        {
            map(app);
        }

        await app.StartAsync(cancellationToken);
        return new TestApp(app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.DisposeAsync();
    }
}
