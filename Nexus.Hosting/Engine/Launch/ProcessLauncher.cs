using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Nexus.Hosting.Engine.Processes;
using Nexus.Hosting.ProjectFiles;

namespace Nexus.Hosting.Engine.Launch;

/// <summary>Runs projects and executables as processes of this machine.</summary>
internal sealed class ProcessLauncher(EngineContext context, ProcessRegister register) : IInstanceLauncher
{
    // The AppHost's own, which would otherwise reach every project.
    private static readonly string[] NotInherited =
        ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "DOTNET_LAUNCH_PROFILE"];

    public async Task<IRunningInstance> LaunchAsync(
        ResourceInstance instance, InstanceConfiguration configuration, CancellationToken cancellationToken)
    {
        var start = await CommandAsync(instance.Resource, configuration.Args, cancellationToken);
        foreach (var name in NotInherited)
        {
            start.Environment[name] = null;
        }

        foreach (var (name, value) in configuration.Environment)
        {
            start.Environment[name] = value;
        }

        foreach (var (name, value) in OwnerMark.Variables(context.Settings.Owner, instance.Id))
        {
            start.Environment[name] = value;
        }

        var process = ManagedProcess.Start(start, (line, isError) => context.Logs.Write(instance.Id, line, isError), context.Time);
        register.Add(process.Id, process.StartTime, instance.Id);
        return process;
    }

    private static async Task<ProcessStart> CommandAsync(IResource resource, IReadOnlyList<string> args, CancellationToken cancellationToken)
    {
        if (resource is ExecutableResource executable)
        {
            if (!Directory.Exists(executable.WorkingDirectory))
            {
                throw new DistributedApplicationException($"its working directory {executable.WorkingDirectory} does not exist");
            }

            var path = CommandFinder.Find(executable.Command, executable.WorkingDirectory) ?? throw new DistributedApplicationException(
                $"the command '{executable.Command}' was not found in PATH or at {executable.WorkingDirectory}");
            return new ProcessStart(path, args, executable.WorkingDirectory);
        }

        var metadata = resource.Annotations.OfType<IProjectMetadata>().Last();
        var target = await BuiltProject.FindAsync(metadata, cancellationToken);
        return new ProcessStart(CommandFinder.Dotnet, [target, .. args], Path.GetDirectoryName(metadata.ProjectPath)!);
    }
}
