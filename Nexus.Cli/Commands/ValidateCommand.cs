using System.Collections.Immutable;
using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Specs;
using Nexus.Cli.Terminals;
using Nexus.Core.Spec;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus validate</c>: checks a spec here, and with <c>--server</c> by the cluster too. Changes nothing.</summary>
internal sealed class ValidateCommand(CommandContext context)
{
    public static Command Describe(CommandRunner runner)
    {
        var file = new Argument<string>("file") { Description = "The spec, a YAML file; - reads standard input." };
        var server = new Option<bool>("--server") { Description = "Have the cluster check it too." };
        var command = new Command("validate", "Check a spec without a cluster, and change nothing.") { file, server };
        return runner.Attach(command, async (context, parsed, cancellationToken) =>
        {
            var spec = await SpecFile.ReadAsync(parsed.GetRequiredValue(file), runner.Surroundings, cancellationToken);
            return await new ValidateCommand(context).RunAsync(spec, parsed.GetValue(server), cancellationToken);
        });
    }

    public async Task<ExitCode> RunAsync(SpecFile file, bool server, CancellationToken cancellationToken)
    {
        var read = SpecReader.Read(file.Yaml, file.Name);
        var result = new SpecResult(read.IsValid, 0, Changed: false, [.. read.Problems.Select(SpecProblemLines.View)]);
        if (server)
        {
            using var client = context.Connect();
            var answer = await client.ValidateSpecAsync(file.Yaml, file.Name, cancellationToken);
            ImmutableArray<SpecProblemView> problems = [.. result.Problems.Concat(answer.Problems).Distinct()];
            result = answer with { Valid = result.Valid && answer.Valid, Problems = problems };
        }

        if (context.Json)
        {
            context.Terminal.Json(result, ApiJson.Default.SpecResult);
        }
        else
        {
            Write(file, result, server);
        }

        return result.Valid ? ExitCode.Ok : ExitCode.SpecInvalid;
    }

    private void Write(SpecFile file, SpecResult result, bool server)
    {
        SpecProblemLines.Write(context.Terminal.Error, file.Name, result.Problems);
        var count = SpecProblemLines.Count(result.Problems);
        if (!result.Valid)
        {
            context.Terminal.Error.Line($"{file.Name}: ", new Piece("invalid", Palette.Bad), $": {count}");
            return;
        }

        var standing = (server, result) switch
        {
            (false, _) => "",
            (true, { Revision: 0 }) => "; nothing is applied yet",
            (true, { Changed: true }) => $"; differs from revision {result.Revision} in force",
            _ => $"; the same as revision {result.Revision} in force",
        };
        context.Terminal.Out.Line(
            $"{file.Name}: ", new Piece("valid", Palette.Good), $"{(count is null ? "" : $", {count}")}{standing}");
    }
}
