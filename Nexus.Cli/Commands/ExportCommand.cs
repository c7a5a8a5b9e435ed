using System.CommandLine;
using System.Text.RegularExpressions;
using Nexus.Cli.Manifests;
using Nexus.Cli.Specs;
using Nexus.Cli.Terminals;
using Nexus.Core.Spec;
using Nexus.Manifests;
using Nexus.Manifests.ComposeExport;
using Nexus.Manifests.Exports;
using Nexus.Manifests.Kubernetes;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus export</c>: a spec in the words of another orchestrator. Needs no cluster.</summary>
internal sealed partial class ExportCommand(CommandContext context, Surroundings surroundings)
{
    public static Command DescribeGroup(CommandRunner runner) =>
        new("export", "Say a spec in the words of another orchestrator. What has no counterpart there is warned of.")
        {
            DescribeKubernetes(runner), DescribeCompose(runner),
        };

    private static Command DescribeKubernetes(CommandRunner runner)
    {
        var file = SpecArgument();
        var output = new Option<string?>("--output-path") { Description = "Folder to write a file per pool into. Default: all to standard output.", HelpName = "dir" };
        var space = new Option<string?>("--namespace") { Description = "Namespace of every object. Default: whichever they are applied in.", HelpName = "name" };
        space.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var name }] && !Label().IsMatch(name))
            {
                result.AddError($"--namespace {name} is no namespace; it must be 1 to 63 lower-case letters, digits and dashes.");
            }
        });
        var force = Force();
        var command = new Command("kubernetes", "Deployments, Services, autoscalers, disruption budgets and an Ingress.") { file, output, space, force };
        return runner.Attach(command, async (context, parsed, cancellationToken) =>
        {
            var export = new ExportCommand(context, runner.Surroundings);
            return await export.RunAsync(
                parsed.GetRequiredValue(file), (spec, places) => KubernetesExport.Compute(spec, places, parsed.GetValue(space)),
                (files, path) => OutputPath.WriteFolderAsync(path, files, parsed.GetValue(force), cancellationToken),
                parsed.GetValue(output), cancellationToken);
        });
    }

    private static Command DescribeCompose(CommandRunner runner)
    {
        var file = SpecArgument();
        var output = new Option<string?>("--output-path") { Description = "File to write. Default: standard output.", HelpName = "file" };
        var force = Force();
        var command = new Command("compose", "A compose file for plain Docker Compose.") { file, output, force };
        return runner.Attach(command, async (context, parsed, cancellationToken) =>
        {
            var export = new ExportCommand(context, runner.Surroundings);
            return await export.RunAsync(
                parsed.GetRequiredValue(file), ComposeExporter.Compute,
                (files, path) => OutputPath.WriteFileAsync(path, files[0], parsed.GetValue(force), cancellationToken),
                parsed.GetValue(output), cancellationToken);
        });
    }

    private async Task<ExitCode> RunAsync(
        string name, Func<ClusterSpec, SpecPlaces, ManifestExport> compute, Func<IReadOnlyList<ManifestFile>, string, Task> write,
        string? outputPath, CancellationToken cancellationToken)
    {
        var file = await SpecFile.ReadAsync(name, surroundings, cancellationToken);
        var read = SpecReader.Read(file.Yaml, file.Name);
        if (read.Spec is null)
        {
            SpecProblemLines.Write(context.Terminal.Error, file.Name, read.Problems.Select(SpecProblemLines.View));
            throw new CommandFailedException(ExitCode.SpecInvalid, $"{file.Name} is invalid; nothing is exported.");
        }

        var export = compute(read.Spec, SpecPlaces.Of(file.Yaml));
        if (outputPath is not null)
        {
            await write(export.Files, Path.GetFullPath(outputPath, surroundings.WorkingDirectory));
        }

        SpecProblemLines.Write(context.Terminal.Error, file.Name, RepeatedProblems.Fold(export.Warnings).Select(SpecProblemLines.View));
        Show(export, outputPath);
        return ExitCode.Ok;
    }

    private void Show(ManifestExport export, string? outputPath)
    {
        if (context.Json)
        {
            context.Terminal.Json(
                new WrittenFiles(
                    [.. export.Files.Select(f => new WrittenFile(f.Path, f.Content))], [.. export.Warnings.Select(SpecProblemLines.View)]),
                CliJson.Default.WrittenFiles);
        }
        else if (outputPath is not null)
        {
            context.Progress.Line($"{outputPath}: {(export.Files is [_] ? "1 file" : $"{export.Files.Length} files")} written");
        }
        else
        {
            context.Terminal.Out.Profile.Out.Writer.Write(string.Join("---\n", export.Files.Select(file => file.Content)));
        }
    }

    private static Argument<string> SpecArgument() => new("file")
    {
        Description = "The spec, a YAML file; - reads standard input.",
        DefaultValueFactory = _ => "nexus.yaml",
    };

    private static Option<bool> Force() => new("--force") { Description = "Overwrite what is there." };

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Label();
}
