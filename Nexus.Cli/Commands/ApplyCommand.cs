using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Nexus.Api.V1;
using Nexus.Cli.Specs;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;
using Nexus.Core.Spec;

namespace Nexus.Cli.Commands;

/// <summary>How to apply.</summary>
/// <param name="ExpectedRevision">Refuse unless this revision is in force.</param>
/// <param name="Wait">How long to wait until the cluster matches; null does not wait.</param>
/// <param name="Author">Who applies.</param>
internal sealed record ApplySettings(long? ExpectedRevision, TimeSpan? Wait, string Author)
{
    /// <summary>Remove pools that the new spec does not name, without a confirmation.</summary>
    public bool Prune { get; init; }

    /// <summary>Allow another cluster name than the cluster's own.</summary>
    public bool RenameCluster { get; init; }
}

/// <summary><c>nexus apply</c>: makes a spec the one in force.</summary>
internal sealed class ApplyCommand(CommandContext context, Surroundings surroundings)
{
    private const int MaxConflicts = 5;

    /// <summary>How long <c>--wait</c> waits by itself.</summary>
    internal static readonly TimeSpan DefaultWait = TimeSpan.FromMinutes(5);

    public static Command Describe(CommandRunner runner)
    {
        var file = new Argument<string>("file") { Description = "The spec, a YAML file; - reads standard input." };
        var wait = new Option<TimeSpan?>("--wait")
        {
            Description = "Wait until every pool is healthy and up to date; exits 1 when a rollout was rolled back or failed. Default timeout 5m.",
            HelpName = "timeout",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = Spans.Parse,
        };
        var revision = new Option<long?>("--if-revision")
        {
            Description = "Apply only if this revision is in force, so that nobody's change is overwritten unseen.",
            HelpName = "number",
            CustomParser = ParseRevision,
        };
        var prune = new Option<bool>("--prune")
        {
            Description = "Remove pools that the file does not name. Without it, a terminal is asked for a confirmation; a script gets exit code 1 and the list.",
        };
        var rename = new Option<bool>("--rename-cluster") { Description = "Apply even if the file's cluster: is not the name of this cluster." };
        var command = new Command("apply", "Apply a spec to the cluster.") { file, wait, revision, prune, rename };
        return runner.Attach(command, async (context, parsed, cancellationToken) =>
        {
            var spec = await SpecFile.ReadAsync(parsed.GetRequiredValue(file), runner.Surroundings, cancellationToken);
            TimeSpan? timeout = parsed.GetResult(wait) is null ? null : parsed.GetValue(wait) ?? DefaultWait;
            var settings = new ApplySettings(parsed.GetValue(revision), timeout, runner.Surroundings.User)
            {
                Prune = parsed.GetValue(prune),
                RenameCluster = parsed.GetValue(rename),
            };
            return await new ApplyCommand(context, runner.Surroundings).RunAsync(spec, settings, cancellationToken);
        });
    }

    private static long? ParseRevision(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
        {
            return revision;
        }

        result.AddError($"--if-revision {text} must be the number of a revision, as 'nexus status' shows it, or 0 for no spec yet.");
        return null;
    }

    public async Task<ExitCode> RunAsync(SpecFile file, ApplySettings settings, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var (before, result) = await ReplaceAsync(client, file, settings, cancellationToken);
        if (context.Json)
        {
            context.Terminal.Json(result, ApiJson.Default.SpecResult);
        }
        else
        {
            Write(file, before, result);
            if (result is { Valid: true, Changed: false })
            {
                await WriteGivenUpAsync(client, cancellationToken);
            }
        }

        if (!result.Valid)
        {
            return ExitCode.SpecInvalid;
        }

        return settings.Wait is { } timeout
            ? await new PoolWait(context, client).RunAsync(result.Revision, timeout, cancellationToken)
            : ExitCode.Ok;
    }

    /// <summary>Applies over exactly the revision that was compared with the file, so that nothing is removed unseen.</summary>
    private async Task<(SpecView? Before, SpecResult Result)> ReplaceAsync(
        NexusApiClient client, SpecFile file, ApplySettings settings, CancellationToken cancellationToken)
    {
        var removal = new PoolRemoval(context, surroundings);
        for (var conflicts = 0; ; conflicts++)
        {
            var (before, isReadable) = await ReadBeforeAsync(client, cancellationToken);
            if (!settings.Prune)
            {
                await removal.ConfirmAsync(file, before, cancellationToken);
            }

            try
            {
                var over = settings.ExpectedRevision ?? (isReadable ? before?.Revision ?? 0 : null);
                return (before, await ApplyAsync(client, file, settings with { ExpectedRevision = over }, cancellationToken));
            }
            catch (NexusApiException conflict)
                when (conflict.Status == HttpStatusCode.PreconditionFailed && settings.ExpectedRevision is null && conflicts < MaxConflicts)
            {
                // A concurrent apply: compare with what it left.
            }
        }
    }

    /// <summary>The spec that is replaced. One that the cluster cannot read has to give way, whatever its revision.</summary>
    private static async Task<(SpecView? Spec, bool IsReadable)> ReadBeforeAsync(NexusApiClient client, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.GetSpecAsync(cancellationToken), true);
        }
        catch (NexusApiException unreadable) when (unreadable.Status == HttpStatusCode.Conflict)
        {
            return (null, false);
        }
    }

    private static async Task<SpecResult> ApplyAsync(
        NexusApiClient client, SpecFile file, ApplySettings settings, CancellationToken cancellationToken)
    {
        using var activity = CommandTraces.Begin("apply");
        var result = await client.ApplySpecAsync(
            file.Yaml, file.Name, settings.Author, settings.ExpectedRevision, settings.RenameCluster, cancellationToken);
        activity?.SetTag("nexus.spec.revision", result.Revision).SetTag("nexus.spec.changed", result.Changed);
        return result;
    }

    private void Write(SpecFile file, SpecView? before, SpecResult result)
    {
        SpecProblemLines.Write(context.Terminal.Error, file.Name, result.Problems);
        if (!result.Valid)
        {
            var standing = result.Revision > 0 ? $"revision {result.Revision} stays in force" : "nothing is applied";
            context.Terminal.Error.Line(
                $"{file.Name}: ", new Piece("refused", Palette.Bad), $": {SpecProblemLines.Count(result.Problems)}; {standing}");
            return;
        }

        var console = context.Terminal.Out;
        if (!result.Changed)
        {
            console.Line($"{file.Name}: ", new Piece("unchanged", Palette.Good), $": revision {result.Revision} stays in force");
            return;
        }

        // Somebody else may have applied between our read and our write: the manager knows what was really replaced.
        var replaced = result.Replaced ?? before?.Revision ?? 0;
        var isSeen = replaced == (before?.Revision ?? 0);
        var by = result.ReplacedBy is { Length: > 0 } other ? $", applied by {other}{(isSeen ? "" : " meanwhile")}" : "";
        var was = replaced == 0 ? "the first" : $"replaces {replaced}{by}";
        console.Line($"{file.Name}: ", new Piece("applied", Palette.Good), $": revision {result.Revision} is in force ({ConsoleLines.Harmless(was)})");
        foreach (var line in isSeen ? Differences(file, before) : [])
        {
            console.Line($"  {ConsoleLines.Harmless(line)}");
        }
    }

    /// <summary>The spec in force may ask for what was tried and given up: that a person sees here, who applies it again.</summary>
    private async Task WriteGivenUpAsync(NexusApiClient client, CancellationToken cancellationToken)
    {
        ImmutableArray<PoolView> pools;
        try
        {
            pools = await client.PoolsAsync(cancellationToken);
        }
        catch (NexusApiException away) when (away.IsTransient)
        {
            return; // A manager that has not looked yet; what was asked for is done.
        }

        foreach (var pool in pools.Where(p => p.Rollout is { } phase && RolloutWords.IsBadEnd(phase)))
        {
            context.Terminal.Out.Line($"  {pool.Name}: ", PoolState.Word(pool), $": {ConsoleLines.Harmless(PoolState.Note(pool))}; it is not tried again until the pool changes");
        }
    }

    /// <summary>What changed, as this version of the command understands both documents; nothing if it does not.</summary>
    private static ImmutableArray<string> Differences(SpecFile file, SpecView? before)
    {
        var old = before is null ? null : SpecReader.Read(before.Yaml, "before").Spec;
        return SpecReader.Read(file.Yaml, file.Name).Spec is { } spec && (before is null || old is not null)
            ? SpecDifference.Compute(old, spec)
            : [];
    }
}
