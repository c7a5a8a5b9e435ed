using System.Text;
using Spectre.Console;

namespace Nexus.Cli.Terminals;

/// <summary>A stretch of text and its colour. The colour only repeats what the words say.</summary>
internal readonly record struct Piece(string Text, Style Style)
{
    public static implicit operator Piece(string text) => new(text, Style.Plain);
}

/// <summary>Writes whole lines as they are: never wrapped, so that they can be searched and clicked.</summary>
internal static class ConsoleLines
{
    public static void Line(this IAnsiConsole console, string text) => console.Profile.Out.Writer.WriteLine(text);

    public static void Line(this IAnsiConsole console, params ReadOnlySpan<Piece> pieces)
    {
        var writer = console.Profile.Out.Writer;
        foreach (var piece in pieces)
        {
            if (piece.Style == Style.Plain || !console.Profile.Capabilities.Ansi)
            {
                writer.Write(piece.Text);
            }
            else
            {
                console.WriteAnsi(ansi => ansi.Write(piece.Text, piece.Style));
            }
        }

        writer.WriteLine();
    }

    /// <summary>One line without control characters, since messages carry text that strangers' containers wrote.</summary>
    public static string Harmless(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var c in text.ReplaceLineEndings(" "))
        {
            clean.Append(char.IsControl(c) ? '\uFFFD' : c);
        }

        return clean.ToString();
    }
}
