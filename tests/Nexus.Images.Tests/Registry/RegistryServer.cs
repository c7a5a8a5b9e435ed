using Nexus.Images.Tests.Tools;
using Nexus.Testing;

namespace Nexus.Images.Tests.Registry;

/// <summary>A real registry on a free loopback port, empty at first. It ends with its owner; what it kept goes with it.</summary>
internal sealed class RegistryServer : IAsyncDisposable
{
    private const int StartAttempts = 5;
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-registry-").FullName;
    private ServerProcess? _process;

    private RegistryServer()
    {
    }

    /// <summary>As image names begin.</summary>
    public string Host { get; private set; } = "";

    public static async Task<RegistryServer> StartAsync(CancellationToken cancellationToken)
    {
        var server = new RegistryServer();
        try
        {
            for (var attempt = 1; !await server.TryLaunchAsync(cancellationToken); attempt++)
            {
                if (attempt == StartAttempts)
                {
                    throw new InvalidOperationException($"The registry ended {attempt} times while starting: {server._process?.Output}");
                }
            }

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>False when it ended, as it does when its port was taken.</summary>
    private async Task<bool> TryLaunchAsync(CancellationToken cancellationToken)
    {
        Host = $"127.0.0.1:{FreePort.Next()}";
        var configuration = Path.Combine(_folder, "registry.yml");
        await File.WriteAllTextAsync(configuration, $$"""
            version: 0.1
            log: { level: warn }
            storage: { filesystem: { rootdirectory: "{{_folder}}/data" } }
            http: { addr: "{{Host}}" }
            """, cancellationToken);
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _process = ServerProcess.Start(Tool.Registry, ["serve", configuration]);
        using var client = new HttpClient();
        while (!_process.HasExited)
        {
            try
            {
                using var response = await client.GetAsync(new Uri($"http://{Host}/v2/"), cancellationToken);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }
        }

        return false;
    }
}
