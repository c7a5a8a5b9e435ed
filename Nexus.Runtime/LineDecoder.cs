using System.Buffers;
using System.Text;

namespace Nexus.Runtime;

/// <summary>Cuts one stream of UTF-8 into lines. A line longer than the bound is handed out in pieces.</summary>
internal sealed class LineDecoder
{
    public const int LongestLine = 16 * 1024;

    private readonly ArrayBufferWriter<byte> _rest = new();

    /// <summary>Takes more bytes, returns the lines they complete.</summary>
    public List<string> Push(ReadOnlySpan<byte> bytes)
    {
        var lines = new List<string>();
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var piece = end < 0 ? bytes : bytes[..end];
            var room = LongestLine - _rest.WrittenCount;
            if (piece.Length > room)
            {
                _rest.Write(piece[..room]);
                lines.Add(Take());
                bytes = bytes[room..];
                continue;
            }

            _rest.Write(piece);
            if (end < 0)
            {
                break;
            }

            lines.Add(Take());
            bytes = bytes[(end + 1)..];
        }

        return lines;
    }

    /// <summary>What came after the last line end, if anything.</summary>
    public string? Flush() => _rest.WrittenCount > 0 ? Take() : null;

    private string Take()
    {
        var line = Encoding.UTF8.GetString(_rest.WrittenSpan).TrimEnd('\r');
        _rest.ResetWrittenCount();
        return line;
    }
}
