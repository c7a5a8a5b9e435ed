using Nexus.Cli.Terminals;

namespace Nexus.Cli.Commands;

/// <summary>A line of output as JSON.</summary>
/// <param name="Allocation">Whose.</param>
/// <param name="Line">The line.</param>
internal sealed record LogLine(string Allocation, string Line);

/// <summary>Writes lines of several allocations, one whole line at a time.</summary>
internal sealed class LogLines(CommandContext context)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _ordinals = new(StringComparer.Ordinal);

    public void Write(string allocation, string line, bool prefixed)
    {
        lock (_gate)
        {
            if (context.Json)
            {
                context.Terminal.Json(new LogLine(allocation, line), CliJson.Default.LogLine);
            }
            else if (prefixed)
            {
                _ordinals.TryAdd(allocation, _ordinals.Count);
                context.Terminal.Out.Line(new Piece(allocation, Palette.Prefix(_ordinals[allocation])), $" | {line}");
            }
            else
            {
                context.Terminal.Out.Line(line);
            }
        }
    }

    /// <summary>Says something about the lines, beside them.</summary>
    public void Note(string text)
    {
        lock (_gate)
        {
            context.Terminal.Error.Line(ConsoleLines.Harmless(text));
        }
    }
}
