using Nexus.Images.Tests.Tools;

namespace Nexus.Images.Tests.Registry;

/// <summary>A registry into which eng/images.sh has pushed all images for both architectures, on a base made here.</summary>
public sealed class PushedImages : IAsyncLifetime
{
    public const string Tag = "1.2.3-test";

    private RegistryServer? _server;
    private RegistryClient? _client;

    /// <summary>As image names begin.</summary>
    public string Host => _server!.Host;

    internal RegistryClient Client => _client!;

    public async ValueTask InitializeAsync()
    {
        _server = await RegistryServer.StartAsync(TestContext.Current.CancellationToken);
        _client = new RegistryClient(Host);
        await BaseImage.PushAsync(_client, TestContext.Current.CancellationToken);
        await Command.RunScriptAsync(
            "images.sh", ["--registry", Host, "--tag", Tag, "--base", $"{Host}/{BaseImage.Repository}:{BaseImage.Tag}"],
            TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
