using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace Nexus.Cli.Terminals;

/// <summary>Where a command writes: results to <paramref name="Out"/>, everything said to a person beside them to <paramref name="Error"/>.</summary>
internal sealed record Terminal(IAnsiConsole Out, IAnsiConsole Error)
{
    /// <summary>Wide enough for any row: what is redirected is read by programs and must not be wrapped or cut.</summary>
    public const int RedirectedWidth = 10_000;

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess(bool colours) => new(Open(Console.Out, colours), Open(Console.Error, colours));

    /// <summary>Writes one JSON document, on one line.</summary>
    public void Json<T>(T value, JsonTypeInfo<T> type) => Out.Line(JsonSerializer.Serialize(value, type));

    private static IAnsiConsole Open(TextWriter writer, bool colours)
    {
        var output = new AnsiConsoleOutput(writer);
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = output,
            Ansi = output.IsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = colours && output.IsTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = output.IsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        if (!output.IsTerminal)
        {
            console.Profile.Width = RedirectedWidth;
        }

        return console;
    }
}
