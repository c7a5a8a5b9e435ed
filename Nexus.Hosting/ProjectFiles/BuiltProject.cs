using System.Diagnostics;
using Aspire.Hosting;
using Nexus.Hosting.Engine.Launch;

namespace Nexus.Hosting.ProjectFiles;

/// <summary>A project that was added by its path.</summary>
/// <param name="path">The project file, or its built assembly.</param>
internal sealed class ProjectByPath(string path) : IProjectMetadata
{
    public string ProjectPath => path;
}

/// <summary>Finds the assembly that the build of a project has made.</summary>
internal static class BuiltProject
{
    public static async Task<string> FindAsync(IProjectMetadata project, CancellationToken cancellationToken)
    {
        var target = project switch
        {
            IBuiltProjectMetadata built => built.TargetPath,
            { ProjectPath: var path } when path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) => path,
            _ => await AskBuildAsync(project.ProjectPath, cancellationToken),
        };
        return File.Exists(target) ? target : throw new DistributedApplicationException(
            $"the project {project.ProjectPath} has not been built: there is no {target}");
    }

    private static async Task<string> AskBuildAsync(string projectPath, CancellationToken cancellationToken)
    {
        if (!File.Exists(projectPath))
        {
            throw new DistributedApplicationException($"there is no project {projectPath}");
        }

        var start = new ProcessStartInfo(CommandFinder.Dotnet, ["msbuild", projectPath, "-getProperty:TargetPath", "-nologo"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? (await output).Trim() : throw new DistributedApplicationException(
            $"the project {projectPath} could not be read: {(await output).Trim()} {(await errors).Trim()}");
    }
}
