using System.Collections.Immutable;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Core.Spec;

namespace Nexus.Cli.Specs;

/// <summary>Asks before an apply removes pools that its file does not name.</summary>
internal sealed class PoolRemoval(CommandContext context, Surroundings surroundings)
{
    private ImmutableArray<string> _confirmed = [];

    /// <summary>Returns when nothing is removed, or a person at the terminal has agreed to it.</summary>
    /// <exception cref="CommandFailedException">Nobody can be asked, or the answer was no.</exception>
    public async Task ConfirmAsync(SpecFile file, SpecView? before, CancellationToken cancellationToken)
    {
        var removed = Compute(file, before);
        if (removed.All(_confirmed.Contains))
        {
            return;
        }

        var what = $"{(removed.Length == 1 ? "pool" : "pools")} {string.Join(", ", removed)} of revision {before!.Revision} "
            + $"{(removed.Length == 1 ? "is" : "are")} not in {file.Name}";
        if (!surroundings.CanConfirm || file.Name == SpecFile.StandardInput)
        {
            throw new CommandFailedException(
                ExitCode.Failure, $"{what} and would be removed with all replicas. Nothing was applied; to remove them, add --prune.");
        }

        context.Terminal.Error.Line(new Piece("warning", Palette.Changing), $": {ConsoleLines.Harmless(what)} and will be removed with all replicas.");
        await context.Terminal.Error.Profile.Out.Writer.WriteAsync("Remove? [y/N] ");
        using var input = new StreamReader(surroundings.OpenStandardInput());
        var answer = await input.ReadLineAsync(cancellationToken).AsTask().WaitAsync(cancellationToken);
        if (answer?.Trim().ToUpperInvariant() is not ("Y" or "YES"))
        {
            throw new CommandFailedException(ExitCode.Failure, "Not confirmed; nothing was applied.");
        }

        _confirmed = removed;
    }

    /// <summary>Pools that applying would remove, as this version of the command understands both documents.</summary>
    internal static ImmutableArray<string> Compute(SpecFile file, SpecView? before)
    {
        var old = before is null ? null : SpecReader.Read(before.Yaml, "before").Spec;
        return old is not null && SpecReader.Read(file.Yaml, file.Name).Spec is { } spec
            ? [.. old.Pools.Select(p => p.Name).Except(spec.Pools.Select(p => p.Name)).Select(p => p.Value)]
            : [];
    }
}
