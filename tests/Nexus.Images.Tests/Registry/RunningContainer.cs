using Nexus.Images.Tests.Tools;
using Nexus.Testing;

namespace Nexus.Images.Tests.Registry;

/// <summary>A service's image as it should be run: root read-only, no capability. It goes with its owner, and its image too.</summary>
internal sealed class RunningContainer : IAsyncDisposable
{
    private readonly string _image;
    private readonly string _id;

    private RunningContainer(string image, string id, Uri address) => (_image, _id, Address) = (image, id, address);

    public Uri Address { get; }

    /// <summary>Starts it on a free port of this machine, whose Consul it is to use.</summary>
    public static async Task<RunningContainer> StartAsync(string image, Uri consul, CancellationToken cancellationToken)
    {
        var port = FreePort.Next();
        var id = await Command.RunAsync(
            "docker",
            [
                "run", "--detach", "--network", "host", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
                "--env", $"Consul__Address={consul}", "--env", $"ASPNETCORE_HTTP_PORTS={port}", "--env", "Orchestrator__Name=imaged", image,
            ],
            cancellationToken);
        return new RunningContainer(image, id, new Uri($"http://127.0.0.1:{port}"));
    }

    public async Task<string> LogsAsync(CancellationToken cancellationToken)
    {
        var result = await EndToEnd.Tests.CommandResult.RunAsync("docker", ["logs", _id], cancellationToken);
        return result.Output + result.Error;
    }

    public async ValueTask DisposeAsync()
    {
        await Command.RunAsync("docker", ["rm", "--force", _id], CancellationToken.None);
        await Command.RunAsync("docker", ["image", "rm", _image], CancellationToken.None);
    }
}
