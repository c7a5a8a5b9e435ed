using System.Text;

namespace Nexus.Runtime.Tests;

public sealed class LineDecoderTests
{
    [Fact]
    public void Push_joins_what_was_cut_anywhere()
    {
        var bytes = Encoding.UTF8.GetBytes("eins\r\nzwölf\n\nrest");
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var decoder = new LineDecoder();
            List<string> lines = [.. decoder.Push(bytes.AsSpan(0, cut)), .. decoder.Push(bytes.AsSpan(cut))];

            Assert.Equal(["eins", "zwölf", ""], lines);
            Assert.Equal("rest", decoder.Flush());
            Assert.Null(decoder.Flush());
        }
    }

    [Fact]
    public void Push_hands_out_an_endless_line_in_pieces()
    {
        var decoder = new LineDecoder();

        var lines = decoder.Push(new byte[(2 * LineDecoder.LongestLine) + 1]);

        Assert.Equal([LineDecoder.LongestLine, LineDecoder.LongestLine], lines.Select(l => l.Length));
        Assert.Equal(1, decoder.Flush()?.Length);
    }
}
