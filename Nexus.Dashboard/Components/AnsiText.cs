using System.Text.RegularExpressions;

namespace Nexus.Dashboard.Components;

/// <summary>Lines of programs that colour their output.</summary>
internal static partial class AnsiText
{
    /// <summary>The line without its control sequences.</summary>
    public static string Strip(string line) => line.Contains('\u001b', StringComparison.Ordinal) ? Sequence().Replace(line, "") : line;

    [GeneratedRegex("\u001b(\\[[0-?]*[ -/]*[@-~]|\\][^\u0007\u001b]*(\u0007|\u001b\\\\)|[@-Z\\\\-_])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Sequence();
}
