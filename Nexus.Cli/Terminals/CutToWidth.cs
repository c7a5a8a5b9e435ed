using Spectre.Console.Rendering;

namespace Nexus.Cli.Terminals;

/// <summary>What is shown anew in place: each line must be one of the terminal's, so longer ones are cut at its edge.</summary>
internal sealed class CutToWidth(IRenderable inner) : IRenderable
{
    public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        foreach (var line in Segment.SplitLines(inner.Render(options, Terminal.RedirectedWidth)))
        {
            var left = maxWidth;
            foreach (var segment in line.TakeWhile(_ => left > 0))
            {
                var shown = segment.CellCount() <= left ? segment : Segment.Truncate(segment, left) ?? Segment.Empty;
                left -= segment.CellCount();
                yield return shown;
            }

            yield return Segment.LineBreak;
        }
    }
}
