using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Specs;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus plan</c>: what applying a spec would change, before it does. Exits as terraform's detailed plan does.</summary>
internal sealed class PlanCommand(CommandContext context)
{
    public static Command Describe(CommandRunner runner)
    {
        var file = new Argument<string>("file") { Description = "The spec, a YAML file; - reads standard input." };
        var command = new Command(
            "plan", "Show what applying a spec would change, and change nothing. Exits 0 when nothing would, 2 when something would, 1 on any error.")
        {
            file,
        };
        return runner.AttachPlain(command, async (context, parsed, cancellationToken) =>
        {
            var spec = await SpecFile.ReadAsync(parsed.GetRequiredValue(file), runner.Surroundings, cancellationToken);
            return await new PlanCommand(context).RunAsync(spec, cancellationToken);
        });
    }

    public async Task<ExitCode> RunAsync(SpecFile file, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var plan = await client.PlanAsync(file.Yaml, file.Name, cancellationToken);
        if (context.Json)
        {
            context.Terminal.Json(plan, ApiJson.Default.PlanView);
        }
        else
        {
            Write(file, plan);
        }

        return plan switch
        {
            { Valid: false } => ExitCode.Failure,
            { Changes: true } => ExitCode.Changes,
            _ => ExitCode.Ok,
        };
    }

    private void Write(SpecFile file, PlanView plan)
    {
        SpecProblemLines.Write(context.Terminal.Error, file.Name, plan.Problems);
        if (!plan.Valid)
        {
            context.Terminal.Error.Line(
                $"{file.Name}: ", new Piece("invalid", Palette.Bad), $": {SpecProblemLines.Count(plan.Problems)}");
            return;
        }

        var console = context.Terminal.Out;
        if (!plan.Changes)
        {
            console.Line($"{file.Name}: ", new Piece("no change", Palette.Good), ": it is the spec in force");
        }

        if (plan.Pools.Length > 0)
        {
            console.Write(RolloutTables.Plan(plan.Pools));
        }

        foreach (var pool in plan.Pools)
        {
            foreach (var field in pool.Fields)
            {
                console.Line($"  {pool.Pool}: {ConsoleLines.Harmless(field)}");
            }
        }

        foreach (var route in plan.Routes)
        {
            console.Line($"  route {ConsoleLines.Harmless(route)}");
        }

        foreach (var setting in plan.Settings)
        {
            console.Line($"  {ConsoleLines.Harmless(setting)}");
        }

        foreach (var warning in plan.Warnings)
        {
            console.Line(new Piece("warning", Palette.Changing), $": {ConsoleLines.Harmless(warning)}");
        }
    }
}
