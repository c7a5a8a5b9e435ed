using System.CommandLine.Parsing;
using System.Globalization;

namespace Nexus.Cli;

/// <summary>Parses numbers on the command line; what is none is told with what is allowed.</summary>
internal static class Numbers
{
    public static int Parse(ArgumentResult result, string option, int least, int most)
    {
        var text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        result.AddError($"{option} {text} must be a whole number from {least} to {most}.");
        return least;
    }
}
