using System.Text;

namespace Nexus.Runtime;

/// <summary>Keeps the first bytes of a command's output and counts nothing of the rest.</summary>
internal sealed class BoundedOutput
{
    public const int Bound = 16 * 1024;

    private readonly byte[] _kept = new byte[Bound];
    private readonly Lock _lock = new();
    private int _length;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            var taken = bytes[..Math.Min(bytes.Length, Bound - _length)];
            taken.CopyTo(_kept.AsSpan(_length));
            _length += taken.Length;
        }
    }

    public override string ToString()
    {
        lock (_lock)
        {
            return Encoding.UTF8.GetString(_kept, 0, _length);
        }
    }
}
