using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Nexus.Hosting.Engine.Launch;
using Nexus.Hosting.Engine.Processes;

namespace Nexus.Hosting.Engine.Containers;

/// <summary>Runs containers by the docker command line.</summary>
internal sealed class ContainerLauncher(EngineContext context, ResourcePlan plan, DockerCommand? docker) : IInstanceLauncher
{
    public async Task<IRunningInstance> LaunchAsync(
        ResourceInstance instance, InstanceConfiguration configuration, CancellationToken cancellationToken)
    {
        if (docker is null)
        {
            throw new DistributedApplicationException("it is a container, and there is no docker command in PATH");
        }

        var arguments = ContainerArguments.Create((ContainerResource)instance.Resource, plan, configuration, context.Settings.Owner);
        if (!await IsUpToDateAsync(docker, arguments, cancellationToken))
        {
            await docker.TryRunAsync(["rm", "--force", "--volumes", arguments.Name], cancellationToken);
            await docker.RunAsync(
                arguments.Args, cancellationToken,
                configuration.Environment.Where(v => !ContainerArguments.IsReadByDocker(v.Key)).ToDictionary(StringComparer.Ordinal));
        }

        await docker.RunAsync(["start", arguments.Name], cancellationToken);
        return new RunningContainer(docker, arguments, instance.Id, context);
    }

    private static async Task<bool> IsUpToDateAsync(DockerCommand docker, ContainerArguments arguments, CancellationToken cancellationToken)
    {
        if (!arguments.IsPersistent)
        {
            return false;
        }

        var (exitCode, output, _) = await docker.TryRunAsync(
            ["inspect", "--format", $"{{{{index .Config.Labels \"{ContainerArguments.HashLabel}\"}}}}", arguments.Name], cancellationToken);
        return exitCode == 0 && output.Trim() == arguments.Hash;
    }
}

/// <summary>A started container, followed by two docker commands: one for its log and one for its end.</summary>
internal sealed class RunningContainer : IRunningInstance
{
    private readonly DockerCommand _docker;
    private readonly ContainerArguments _arguments;
    private readonly ManagedProcess _log;
    private readonly ManagedProcess _wait;

    public RunningContainer(DockerCommand docker, ContainerArguments arguments, string id, EngineContext context)
    {
        _docker = docker;
        _arguments = arguments;
        string? exitCode = null;
        _log = Follow(["logs", "--follow", arguments.Name], (line, isError) => context.Logs.Write(id, line, isError));
        _wait = Follow(["wait", arguments.Name], (line, isError) => exitCode = isError ? exitCode : line);
        Exited = ExitAsync();

        ManagedProcess Follow(string[] args, Action<string, bool> output)
        {
            var start = new ProcessStart(docker.Path, args, "/");
            foreach (var (name, value) in OwnerMark.Variables(context.Settings.Owner, id))
            {
                start.Environment[name] = value;
            }

            return ManagedProcess.Start(start, output, context.Time);
        }

        async Task<int> ExitAsync()
        {
            await _wait.Exited;
            await _log.Exited;
            return int.TryParse(exitCode, CultureInfo.InvariantCulture, out var code) ? code : -1;
        }
    }

    public Task<int> Exited { get; }

    public async Task StopAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        await _docker.TryRunAsync(["stop", "--time", $"{(int)timeout.TotalSeconds}", _arguments.Name], cancellationToken);
        if (!_arguments.IsPersistent)
        {
            await _docker.TryRunAsync(["rm", "--force", "--volumes", _arguments.Name], cancellationToken);
        }

        await Exited;
    }

    public async Task LeaveAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!_arguments.IsPersistent)
        {
            await StopAsync(timeout, cancellationToken);
            return;
        }

        _wait.Kill();
        _log.Kill();
        await Exited;
    }

    public void Kill()
    {
        if (!_arguments.IsPersistent)
        {
            using var command = System.Diagnostics.Process.Start(_docker.Path, ["rm", "--force", "--volumes", _arguments.Name]);
            command.WaitForExit(TimeSpan.FromSeconds(5));
        }

        _wait.Kill();
        _log.Kill();
    }
}
