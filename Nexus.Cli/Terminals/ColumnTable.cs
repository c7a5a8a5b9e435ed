using Spectre.Console;
using Spectre.Console.Rendering;

namespace Nexus.Cli.Terminals;

/// <summary>A table without lines, in the manner of Unix commands: a heading in capitals, columns two spaces apart.</summary>
internal sealed class ColumnTable
{
    private readonly Table _table = new Table().Border(TableBorder.None);
    private readonly int _columns;

    public ColumnTable(params ReadOnlySpan<string> headings)
    {
        _columns = headings.Length;
        for (var i = 0; i < headings.Length; i++)
        {
            var gap = i == headings.Length - 1 ? 0 : 2;
            _table.AddColumn(new TableColumn(new Text(headings[i], Palette.Heading)) { Padding = new Padding(0, 0, gap, 0) });
        }
    }

    public IRenderable Renderable => _table;

    public void Row(params ReadOnlySpan<Piece> cells)
    {
        if (cells.Length != _columns)
        {
            throw new ArgumentException($"A row of {cells.Length} cells in a table of {_columns} columns.", nameof(cells));
        }

        var row = new List<IRenderable>(cells.Length);
        foreach (var cell in cells)
        {
            row.Add(new Text(ConsoleLines.Harmless(cell.Text ?? ""), cell.Style));
        }

        _table.AddRow(row);
    }
}
