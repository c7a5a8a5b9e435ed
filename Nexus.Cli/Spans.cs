using System.CommandLine.Parsing;
using Nexus.Cli.Views;

namespace Nexus.Cli;

/// <summary>Parses durations on the command line.</summary>
internal static class Spans
{
    public static TimeSpan? Parse(ArgumentResult result)
    {
        if (result.Tokens.Count == 0)
        {
            return null;
        }

        var text = result.Tokens[0].Value;
        if (HumanUnits.TryParseSpan(text, out var span))
        {
            return span;
        }

        result.AddError($"'{text}' is not a duration. Write a number and a unit (ms, s, m, h, d), like 90s or 5m.");
        return null;
    }
}
