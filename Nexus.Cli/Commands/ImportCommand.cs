using System.Collections.Immutable;
using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Manifests;
using Nexus.Cli.Specs;
using Nexus.Cli.Terminals;
using Nexus.Core.Spec;
using Nexus.Manifests;
using Nexus.Manifests.ComposeImport;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus import compose</c>: a <c>nexus.yaml</c> made of compose files. Needs no cluster.</summary>
internal sealed class ImportCommand(CommandContext context, Surroundings surroundings)
{
    private const string Least = "a compose file names at least one service under services";

    public static Command DescribeGroup(CommandRunner runner)
    {
        var files = new Argument<string[]>("file")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "The compose file, and those that override it; - reads standard input. Default: the files that Compose finds.",
        };
        var project = new Option<string?>("--project-name", "-p") { Description = "Name of the Compose project, in front of the names of its volumes.", HelpName = "name" };
        var directory = new Option<string?>("--project-directory") { Description = "Folder of .env and of relative paths. Default: the first file's.", HelpName = "folder" };
        var environment = new Option<string[]>("--env-file") { Description = "File of variables in place of .env; may be given several times.", HelpName = "file" };
        var output = new Option<string?>("--output-path") { Description = "File to write. Default: standard output.", HelpName = "file" };
        var profiles = new Option<string[]>("--profile")
        {
            Description = "Profile whose services are imported too; may be given several times, * is all. Default: COMPOSE_PROFILES.",
            HelpName = "name",
        };
        var force = new Option<bool>("--force") { Description = "Overwrite what is there." };
        var compose = new Command("compose", "Make a spec of a compose file. What cannot be carried over is warned of.")
        {
            files, project, directory, environment, profiles, output, force,
        };
        runner.Attach(compose, (context, parsed, cancellationToken) => new ImportCommand(context, runner.Surroundings).RunAsync(
            new ComposeProjectOptions([.. parsed.GetValue(files) ?? []], parsed.GetValue(directory), [.. parsed.GetValue(environment) ?? []]),
            new Chosen(parsed.GetValue(project), [.. parsed.GetValue(profiles) ?? []]), new Target(parsed.GetValue(output), parsed.GetValue(force)), cancellationToken));
        return new Command("import", "Make a spec of what another tool runs.") { compose };
    }

    private async Task<ExitCode> RunAsync(ComposeProjectOptions options, Chosen chosen, Target target, CancellationToken cancellationToken)
    {
        var project = ComposeProjectFiles.Find(options, surroundings);
        var files = new List<SpecFile>();
        foreach (var name in project.Files)
        {
            files.Add(await SpecFile.ReadAsync(name, surroundings, files.Count == 0 ? Least : null, cancellationToken));
        }

        var imported = ComposeImporter.Compute(
            new ComposeSource(files[0].Yaml, files[0].Name, project.Directory, project.Variables.Find, TextOf)
            {
                ProjectName = chosen.ProjectName,
                ProjectDirectory = options.Directory,
                EnvironmentFiles = options.EnvironmentFiles,
                Profiles = ProfilesOf(chosen, project.Variables.Find),
                Overrides = [.. files.Skip(1).Select(file => new ComposeText(file.Name, file.Yaml))],
                Found = [.. project.Variables.Problems, .. project.Found],
            });
        if (imported.Yaml is not { } yaml)
        {
            Write(files[0].Name, imported.Problems);
            if (context.Json)
            {
                context.Terminal.Json(new WrittenFiles([], ViewOf(imported)), CliJson.Default.WrittenFiles);
            }

            throw new CommandFailedException(ExitCode.SpecInvalid, $"{string.Join(", ", files.Select(file => file.Name))} cannot be imported; nothing is written.");
        }

        if (target.Path is { } path)
        {
            await OutputPath.WriteFileAsync(
                Path.GetFullPath(path, surroundings.WorkingDirectory), new ManifestFile(path, yaml), target.Force, cancellationToken);
        }

        Write(files[0].Name, imported.Problems);
        if (context.Json)
        {
            var written = new WrittenFile(target.Path ?? "nexus.yaml", yaml);
            context.Terminal.Json(new WrittenFiles([written], ViewOf(imported)), CliJson.Default.WrittenFiles);
        }
        else if (target.Path is not null)
        {
            context.Progress.Line($"{target.Path}: written; look it over, then nexus plan {target.Path}");
        }
        else
        {
            await context.Terminal.Out.Profile.Out.Writer.WriteAsync(yaml.AsMemory(), cancellationToken);
        }

        return ExitCode.Ok;
    }

    private void Write(string first, IEnumerable<SpecProblem> problems)
    {
        foreach (var problem in RepeatedProblems.Fold(problems))
        {
            SpecProblemLines.Write(context.Terminal.Error, problem.File ?? first, [SpecProblemLines.View(problem)]);
        }
    }

    private static ImmutableArray<SpecProblemView> ViewOf(ComposeImported imported) => [.. imported.Problems.Select(Named).Select(SpecProblemLines.View)];

    // The API's problems have no file: those of the first need none.
    private static SpecProblem Named(SpecProblem problem) =>
        problem.File is null ? problem : problem with { Message = $"{problem.File}: {problem.Message}" };

    // As in Compose, options take the place of the variable.
    private static ImmutableArray<string> ProfilesOf(Chosen chosen, Func<string, string?> variable) => !chosen.Profiles.IsEmpty ? chosen.Profiles
        : [.. (variable("COMPOSE_PROFILES") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static string? TextOf(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What options say in place of variables.</summary>
    private readonly record struct Chosen(string? ProjectName, ImmutableArray<string> Profiles);

    /// <summary>Where the result goes: to standard output without a path.</summary>
    private readonly record struct Target(string? Path, bool Force);
}
