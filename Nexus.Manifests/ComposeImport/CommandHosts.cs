using Nexus.Core.Spec.Values;

namespace Nexus.Manifests.ComposeImport;

/// <summary>Finds the hosts in the words of a command: in its options, its arguments, and the script of a shell.</summary>
internal static class CommandHosts
{
    private const int MaxDepth = 3;
    private static readonly string[] Connecting = ["nc", "ncat", "netcat", "telnet", "wait-for", "wait-for-it", "wait-for-it.sh", "wait-for.sh", "--replicaof", "--slaveof", "replicaof"];
    private static readonly char[] ShellMarks = [';', '&', '|', '(', ')', '`', '!', '{', '}'];

    public static IEnumerable<HostReference> In(IReadOnlyList<string> words) => In(words, 0);

    private static IEnumerable<HostReference> In(IReadOnlyList<string> words, int depth)
    {
        var connects = false;
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i].Trim(ShellMarks);
            connects |= Connecting.Contains(word[(word.LastIndexOf('/') + 1)..], StringComparer.Ordinal);
            var found = word.Any(char.IsWhiteSpace) && depth < MaxDepth
                ? In(ShellWords.Split(word) ?? [.. word.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)], depth + 1)
                : InWord(word, i > 0 ? words[i - 1].Trim(ShellMarks) : "", connects && i + 1 < words.Count ? words[i + 1].Trim(ShellMarks) : "");
            foreach (var reference in found)
            {
                yield return reference;
            }
        }
    }

    private static IEnumerable<HostReference> InWord(string word, string before, string after)
    {
        if (word.StartsWith('-'))
        {
            return word.Split('=', 2) is [var option, var value] ? HostReferences.In(option, value)
                : word is ['-', 'h', .. { Length: > 0 } attached] ? HostReferences.In("host", attached) // mysql -hdb
                : [];
        }

        // nc db 5432: the program makes a host of the word before a port.
        if (after.Length is > 0 and <= 5 && after.All(char.IsAsciiDigit))
        {
            return HostReferences.In("host", $"{word}:{after}");
        }

        return HostReferences.In(before.StartsWith('-') && !before.Contains('=') ? before : "", word);
    }
}
