using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Nexus.Runtime.Process;

/// <summary>
/// A workload's output, which it appends to by itself. Bounded by cutting: once too long, its end is kept beside it and it
/// starts again from nothing; lines written in that instant may be lost.
/// </summary>
internal sealed class OutputFile(string path)
{
    public const long Bound = 10 * 1024 * 1024;
    private const int Kept = 1024 * 1024;
    private const int TailWindow = 256 * 1024;
    private static readonly TimeSpan FollowPoll = TimeSpan.FromMilliseconds(100);

    private string EarlierPath => path + ".1";

    /// <summary>Cuts it if it has grown past <paramref name="bound"/>.</summary>
    public void Trim(long bound = Bound)
    {
        using var file = TryOpen(path, FileAccess.ReadWrite);
        if (file is null || file.Length <= bound)
        {
            return;
        }

        file.Seek(-Math.Min(Kept, file.Length), SeekOrigin.End);
        using (var earlier = File.Create(EarlierPath))
        {
            file.CopyTo(earlier);
        }

        file.SetLength(0); // its writers append, so they go on at the new end
    }

    /// <summary>The last lines, of a bounded part of the file.</summary>
    public ImmutableArray<string> Tail(int lines)
    {
        var (last, _, rest) = ReadEnd(path);
        if (rest is not null)
        {
            last.Add(rest);
        }

        if (last.Count < lines)
        {
            last.InsertRange(0, ReadEnd(EarlierPath).Lines);
        }

        return [.. last.Skip(last.Count - lines)];
    }

    /// <summary>The last lines, then each as it is finished, until <paramref name="isAlive"/> denies and all is read.</summary>
    public async IAsyncEnumerable<string> FollowAsync(
        int tail, Func<bool> isAlive, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (lines, position, _) = ReadEnd(path);
        foreach (var line in lines.Skip(lines.Count - tail))
        {
            yield return line;
        }

        var decoder = new LineDecoder();
        while (true)
        {
            var alive = isAlive(); // asked before reading: what a dead one wrote is there
            (lines, position) = ReadOn(decoder, position);
            foreach (var line in lines)
            {
                yield return line;
            }

            if (!alive)
            {
                break;
            }

            await Task.Delay(FollowPoll, time, cancellationToken);
        }

        if (decoder.Flush() is { } rest)
        {
            yield return rest;
        }
    }

    private (List<string> Lines, long Position) ReadOn(LineDecoder decoder, long position)
    {
        using var file = TryOpen(path, FileAccess.Read);
        if (file is null)
        {
            return ([], position);
        }

        file.Position = position <= file.Length ? position : 0; // shorter than before: it was cut
        var buffer = new byte[64 * 1024];
        var count = file.Read(buffer);
        return (decoder.Push(buffer.AsSpan(0, count)), file.Position);
    }

    // Finished lines of the end of the file, where they end, and the unfinished one after them.
    private static (List<string> Lines, long Position, string? Unfinished) ReadEnd(string path)
    {
        using var file = TryOpen(path, FileAccess.Read);
        if (file is null)
        {
            return ([], 0, null);
        }

        var start = Math.Max(0, file.Length - TailWindow);
        file.Position = start;
        var buffer = new byte[TailWindow];
        var bytes = buffer.AsSpan(0, file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false));
        var decoder = new LineDecoder();
        var lines = decoder.Push(bytes);
        if (start > 0 && lines.Count > 0)
        {
            lines.RemoveAt(0); // most likely begun before the window
        }

        return (lines, start + bytes.LastIndexOf((byte)'\n') + 1, decoder.Flush());
    }

    private static FileStream? TryOpen(string path, FileAccess access)
    {
        try
        {
            return new FileStream(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
