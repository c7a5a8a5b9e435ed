using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker.Resources;
using Aspire.Hosting.Docker.Resources.ComposeNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Docker.Publishing;

/// <summary>Writes the two files of a Docker Compose project.</summary>
internal static partial class ComposePublisher
{
    private const string ComposeFileName = "docker-compose.yaml";
    private const string EnvFileName = ".env";
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite; // secrets are filled in here

    public static async Task PublishAsync(DockerComposeEnvironmentResource environment, PipelineStepContext context)
    {
        var file = await ComposeAsync(environment, context);
        foreach (var change in environment.EnvFileChanges)
        {
            change(environment.Variables);
        }

        var folder = context.Services.GetRequiredService<IPipelineOutputService>().GetOutputDirectory();
        var env = Path.Combine(folder, EnvFileName);
        var kept = File.Exists(env) ? await File.ReadAllTextAsync(env, context.CancellationToken) : null;
        await ReplaceAsync(Path.Combine(folder, ComposeFileName), file.ToYaml(), context.CancellationToken);
        await ReplaceAsync(env, EnvFile.Write(environment.Variables.Values, kept), context.CancellationToken, OwnersOnly);
        LogWritten(context.Logger, ComposeFileName, file.Services.Count, EnvFileName, environment.Variables.Count);
    }

    /// <summary>The whole application as a compose file.</summary>
    private static async Task<ComposeFile> ComposeAsync(DockerComposeEnvironmentResource environment, PipelineStepContext context)
    {
        var resources = context.Model.Resources.Where(IsPublished).ToList();
        var services = resources.Select(r => r.Name).ToHashSet(StringComparer.Ordinal);
        var writer = new ComposeServiceWriter(environment, context);
        var network = environment.DefaultNetworkName ?? "aspire";
        var file = new ComposeFile().AddNetwork(new Network { Name = network, Driver = "bridge" });
        foreach (var resource in resources)
        {
            file.AddService(await writer.WriteAsync(resource, services));
        }

        foreach (var volume in file.Services.Values.SelectMany(s => s.Volumes).Where(v => v is { Type: "volume", Source: not null }))
        {
            file.Volumes.TryAdd(volume.Source!, new Volume { Name = volume.Source!, Driver = "local" });
        }

        if (environment.DashboardEnabled)
        {
            ComposeDashboard.AddTo(file, environment, network);
        }

        foreach (var change in environment.ComposeFileChanges)
        {
            change(file);
        }

        return file;
    }

    /// <summary>A program of this machine has no image, so it is not published; nor is what was excluded.</summary>
    private static bool IsPublished(IResource resource) => resource is IComputeResource and not ExecutableResource
        && !resource.IsExcludedFromPublish();

    /// <summary>Never half a file under its name.</summary>
    private static async Task ReplaceAsync(string path, string content, CancellationToken cancellationToken, UnixFileMode? mode = null)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path + ".new"); // one that was left behind would keep the rights it has
            options.UnixCreateMode = mode;
        }

        await using (var file = new StreamWriter(path + ".new", options))
        {
            await file.WriteAsync(content.AsMemory(), cancellationToken);
        }

        File.Move(path + ".new", path, overwrite: true);
    }

    [LoggerMessage(7101, LogLevel.Information, "Wrote {ComposeFile} with {Services} services and {EnvFile} with {Variables} keys.")]
    private static partial void LogWritten(ILogger logger, string composeFile, int services, string envFile, int variables);
}
