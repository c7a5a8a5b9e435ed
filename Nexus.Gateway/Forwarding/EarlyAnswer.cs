namespace Nexus.Gateway.Forwarding;

/// <summary>Finds the final response in what a replica sends while it is still being written to.</summary>
internal static class EarlyAnswer
{
    private const int StatusAt = 9; // HTTP/1.1 200
    private const int LongestHead = 64 * 1024;

    /// <summary>The final status and where its line ends, once its head is whole; null before that and while only interim
    /// responses came. A zero stands for what is no response at all.</summary>
    public static (int Status, int LineEnd)? Find(ReadOnlySpan<byte> received)
    {
        var at = 0;
        while (true)
        {
            var rest = received[at..];
            var line = rest.IndexOf((byte)'\n');
            if (line < 0)
            {
                return received.Length > LongestHead ? (0, received.Length) : null;
            }

            var status = StatusOf(rest[..line]);
            var head = status == 0 ? 0 : EndOfHead(rest[line..]);
            if (head < 0)
            {
                return received.Length > LongestHead ? (0, received.Length) : null;
            }

            if (status is < 100 or 101 or >= 200)
            {
                return (status, at + line + 1);
            }

            at += line + head;
        }
    }

    private static int StatusOf(ReadOnlySpan<byte> line)
    {
        if (line.Length < StatusAt + 3 || !line.StartsWith("HTTP/1."u8))
        {
            return 0;
        }

        var status = 0;
        foreach (var digit in line.Slice(StatusAt, 3))
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return 0;
            }

            status = (status * 10) + digit - '0';
        }

        return status;
    }

    /// <summary>Behind the empty line that ends a head; the text begins with the line feed of its first line. Below
    /// zero when it is not there yet.</summary>
    public static int EndOfHead(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\n')
            {
                continue;
            }

            var next = i + 1 < text.Length && text[i + 1] == '\r' ? i + 2 : i + 1;
            if (next < text.Length && text[next] == '\n')
            {
                return next + 1;
            }
        }

        return -1;
    }
}
