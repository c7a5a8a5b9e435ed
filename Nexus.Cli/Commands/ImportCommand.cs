using System.CommandLine;
using Nexus.Cli.Manifests;
using Nexus.Cli.Specs;
using Nexus.Cli.Terminals;
using Nexus.Manifests;
using Nexus.Manifests.ComposeImport;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus import compose</c>: a <c>nexus.yaml</c> made of a compose file. Needs no cluster.</summary>
internal sealed class ImportCommand(CommandContext context, Surroundings surroundings)
{
    public static Command DescribeGroup(CommandRunner runner)
    {
        var file = new Argument<string>("file") { Description = "The compose file; - reads standard input." };
        var output = new Option<string?>("--output-path") { Description = "File to write. Default: standard output.", HelpName = "file" };
        var force = new Option<bool>("--force") { Description = "Overwrite what is there." };
        var compose = new Command("compose", "Make a spec of a compose file. What cannot be carried over is warned of.") { file, output, force };
        runner.Attach(compose, (context, parsed, cancellationToken) => new ImportCommand(context, runner.Surroundings)
            .RunAsync(parsed.GetRequiredValue(file), parsed.GetValue(output), parsed.GetValue(force), cancellationToken));
        return new Command("import", "Make a spec of what another tool runs.") { compose };
    }

    public async Task<ExitCode> RunAsync(string name, string? outputPath, bool force, CancellationToken cancellationToken)
    {
        var file = await SpecFile.ReadAsync(name, surroundings, "a compose file names at least one service under services", cancellationToken);
        var folder = name == "-"
            ? surroundings.WorkingDirectory
            : Path.GetDirectoryName(Path.GetFullPath(name, surroundings.WorkingDirectory))!;
        var variables = EnvironmentFile(Path.Combine(folder, ".env"));
        var imported = ComposeImporter.Compute(new ComposeSource(
            file.Yaml, file.Name, folder, variable => surroundings.Variable(variable) ?? variables.GetValueOrDefault(variable), TextOf));
        var problems = imported.Problems.Select(SpecProblemLines.View).ToList();
        if (imported.Yaml is not { } yaml)
        {
            SpecProblemLines.Write(context.Terminal.Error, file.Name, problems);
            throw new CommandFailedException(ExitCode.SpecInvalid, $"{file.Name} cannot be imported; nothing is written.");
        }

        if (outputPath is not null)
        {
            await OutputPath.WriteFileAsync(
                Path.GetFullPath(outputPath, surroundings.WorkingDirectory), new ManifestFile(outputPath, yaml), force, cancellationToken);
        }

        SpecProblemLines.Write(context.Terminal.Error, file.Name, problems);
        if (context.Json)
        {
            context.Terminal.Json(new WrittenFiles([new WrittenFile(outputPath ?? "nexus.yaml", yaml)], [.. problems]), CliJson.Default.WrittenFiles);
        }
        else if (outputPath is not null)
        {
            context.Progress.Line($"{outputPath}: written; look it over, then nexus plan {outputPath}");
        }
        else
        {
            await context.Terminal.Out.Profile.Out.Writer.WriteAsync(yaml.AsMemory(), cancellationToken);
        }

        return ExitCode.Ok;
    }

    private static IReadOnlyDictionary<string, string> EnvironmentFile(string path) =>
        TextOf(path) is { } text ? EnvironmentFiles.Read(text) : new Dictionary<string, string>(StringComparer.Ordinal);

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
}
