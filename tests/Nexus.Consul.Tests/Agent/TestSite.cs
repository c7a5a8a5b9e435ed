using System.Net;
using Nexus.Testing;

namespace Nexus.Consul.Tests.Agent;

/// <summary>A web server whose answer a test sets.</summary>
internal sealed class TestSite : IAsyncDisposable
{
    private readonly HttpListener _listener;
    private readonly Task _serving;

    public TestSite()
    {
        (_listener, Address) = Listen();
        _serving = ServeAsync();
    }

    public Uri Address { get; }

    public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

    public string LastRequest { get; private set; } = "";

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private static (HttpListener Listener, Uri Address) Listen()
    {
        for (var attempt = 1; ; attempt++)
        {
            var address = new Uri($"http://127.0.0.1:{FreePort.Next()}/");
            var listener = new HttpListener { Prefixes = { address.AbsoluteUri } };
            try
            {
                listener.Start();
                return (listener, address);
            }
            catch (HttpListenerException) when (attempt < 5)
            {
                listener.Close();
            }
        }
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                LastRequest = $"{context.Request.HttpMethod} {context.Request.RawUrl} {context.Request.Headers["X-Nexus"]}";
                context.Response.StatusCode = (int)Status;
                context.Response.Close();
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}
