using Nexus.Consul;
using Xunit;

namespace Nexus.Testing;

/// <summary>One Consul server shared by the tests of a class, a collection or an assembly; tests keep to keys of their own.</summary>
public sealed class ConsulFixture : IAsyncLifetime
{
    private ConsulServer? _server;
    private ConsulClient? _client;

    /// <summary>The server; not for killing, since others use it.</summary>
    public ConsulServer Server => _server ?? throw NotStarted();

    /// <summary>A client shared by the same tests.</summary>
    public ConsulClient Client => _client ?? throw NotStarted();

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _server = await ConsulServer.StartAsync(TestContext.Current.CancellationToken);
        _client = _server.CreateClient();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private static InvalidOperationException NotStarted() => new("The fixture has not been started.");
}
