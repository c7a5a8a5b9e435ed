namespace Nexus.Cli.Push;

/// <summary>A machine to go to, and how.</summary>
/// <param name="Machine">Which.</param>
/// <param name="Destination">Where, if the user said; else its address by the bundle's user and port.</param>
internal sealed record PushTarget(PushMachine Machine, string? Destination);

/// <summary>Reads the targets of a push: <c>NAME</c>, or <c>NAME=[USER@]HOST[:PORT]</c>.</summary>
internal static class PushTargets
{
    /// <summary>The machines asked for, each once, in the order of a rollout.</summary>
    /// <exception cref="CommandFailedException">One is not in the bundle, or none is named.</exception>
    public static IReadOnlyList<PushTarget> Choose(PushBundle bundle, IReadOnlyList<string> words, bool all)
    {
        var known = string.Join(", ", bundle.Machines.Select(m => m.Name));
        if (all == words.Count > 0 && !(all && words.All(word => word.Contains('='))))
        {
            throw new CommandFailedException(
                ExitCode.Usage, all ? "name machines or --all, not both (with --all, only NAME=HOST says how to get to one)." : $"name machines, or --all. This bundle has {known}.");
        }

        var chosen = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var word in words)
        {
            var parts = word.Split('=', 2);
            if (bundle.Machines.All(m => m.Name != parts[0]))
            {
                throw new CommandFailedException(ExitCode.Usage, $"there is no machine {parts[0]} in this bundle; there are {known}.");
            }

            if (parts is [_, var host] && (host.Length == 0 || host[0] == '-' || host.Any(char.IsWhiteSpace)))
            {
                throw new CommandFailedException(ExitCode.Usage, $"'{word}' is no target; it must be NAME or NAME=[USER@]HOST[:PORT].");
            }

            if (!chosen.TryAdd(parts[0], parts.Length == 2 ? parts[1] : null))
            {
                throw new CommandFailedException(ExitCode.Usage, $"{parts[0]} is named twice.");
            }
        }

        return [.. bundle.Machines.Where(m => all || chosen.ContainsKey(m.Name)).Select(m => new PushTarget(m, chosen.GetValueOrDefault(m.Name)))];
    }
}
