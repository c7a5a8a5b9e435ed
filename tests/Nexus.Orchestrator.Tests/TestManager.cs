using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Testing;

namespace Nexus.Orchestrator.Tests;

/// <summary>A real manager in this process, on a free port, against a real Consul.</summary>
internal sealed class TestManager : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestManager(WebApplication app)
    {
        _app = app;
        Http = new HttpClient
        {
            BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()),
        };
    }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<TestManager> StartAsync(ConsulServer consul, string name, CancellationToken cancellationToken, params string[] more)
    {
        var app = OrchestratorApp.Build(
        [
            "--urls", "http://127.0.0.1:0", "--Consul:Address", consul.Address.ToString(), "--Orchestrator:Name", name,
            "--Orchestrator:NodeLostAfter", "00:00:04", "--Logging:LogLevel:Default", "Warning", .. more,
        ]);
        await app.StartAsync(cancellationToken);
        return new TestManager(app);
    }

    public Task<HttpResponseMessage> ApplyAsync(string yaml, CancellationToken cancellationToken, string? ifMatch = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, "/v1/spec") { Content = new StringContent(yaml, Encoding.UTF8, "text/yaml") };
        if (ifMatch is not null)
        {
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{ifMatch}\""));
        }

        return Http.SendAsync(request, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
