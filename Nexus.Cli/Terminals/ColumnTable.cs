using Spectre.Console.Rendering;

namespace Nexus.Cli.Terminals;

/// <summary>
/// A table without lines, in the manner of Unix commands: a heading in capitals, columns two spaces apart and as wide as what
/// they hold. Never wrapped or cut: a line may be longer than the terminal, so that what it says can be searched and copied.
/// </summary>
internal sealed class ColumnTable : IRenderable
{
    private const int Gap = 2;

    private readonly int _columns;
    private readonly List<Segment[]> _rows = [];

    public ColumnTable(params ReadOnlySpan<string> headings)
        : this(headings.Length) => AddRow([.. headings.ToArray().Select(heading => new Piece(heading, Palette.Heading))]);

    private ColumnTable(int columns) => _columns = columns;

    /// <summary>A list of what is so called, with the names in the first column.</summary>
    public static ColumnTable OfPairs() => new(2);

    public void Row(params ReadOnlySpan<Piece> cells)
    {
        if (cells.Length != _columns)
        {
            throw new ArgumentException($"A row of {cells.Length} cells in a table of {_columns} columns.", nameof(cells));
        }

        AddRow(cells);
    }

    public Measurement Measure(RenderOptions options, int maxWidth)
    {
        var width = Widths().Sum() + (Gap * (_columns - 1));
        return new Measurement(width, width);
    }

    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        var widths = Widths();
        foreach (var row in _rows)
        {
            var blank = 0; // written before the next text only, so that no line ends with spaces
            for (var column = 0; column < _columns; column++)
            {
                var width = row[column].CellCount();
                if (width > 0)
                {
                    yield return Segment.Padding(blank);
                    yield return row[column];
                    blank = 0;
                }

                blank += widths[column] - width + Gap;
            }

            yield return Segment.LineBreak;
        }
    }

    private int[] Widths() => [.. Enumerable.Range(0, _columns).Select(column => _rows.Max(row => row[column].CellCount()))];

    private void AddRow(ReadOnlySpan<Piece> cells)
    {
        var row = new Segment[cells.Length];
        for (var i = 0; i < cells.Length; i++)
        {
            row[i] = new Segment(ConsoleLines.Harmless(cells[i].Text ?? ""), cells[i].Style);
        }

        _rows.Add(row);
    }
}
