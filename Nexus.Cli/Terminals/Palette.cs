using Spectre.Console;

namespace Nexus.Cli.Terminals;

/// <summary>The colours in use; each has one meaning.</summary>
internal static class Palette
{
    public static readonly Style Good = new(Color.Green);
    public static readonly Style Changing = new(Color.Yellow);
    public static readonly Style Bad = new(Color.Red);
    public static readonly Style Heading = new(Color.Blue);

    private static readonly Style[] Prefixes =
        [new(Color.Aqua), new(Color.Fuchsia), new(Color.Blue), new(Color.Teal), new(Color.Purple), new(Color.Olive)];

    /// <summary>A colour to tell one source of lines from the next.</summary>
    public static Style Prefix(int ordinal) => Prefixes[ordinal % Prefixes.Length];
}
