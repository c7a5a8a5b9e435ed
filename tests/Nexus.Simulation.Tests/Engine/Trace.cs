using System.Text;

namespace Nexus.Simulation.Tests.Engine;

/// <summary>What happened, as text (the last lines, and all of them to who wants a copy) and as a number that two runs of a seed must agree on.</summary>
internal sealed class Trace(TextWriter? copy)
{
    private const int Tail = 400;

    private readonly Queue<string> _lines = new();
    private ulong _hash = 14695981039346656037UL;

    public ulong Hash => _hash;

    public long Count { get; private set; }

    public IEnumerable<string> Lines => _lines;

    public void Write(TimeSpan at, string who, string what)
    {
        var line = $"{at.TotalSeconds,9:0.000000} {who,-8} {what}";
        foreach (var b in Encoding.UTF8.GetBytes(line))
        {
            _hash = (_hash ^ b) * 1099511628211UL;
        }

        Count++;
        _lines.Enqueue(line);
        copy?.WriteLine(line);
        if (_lines.Count > Tail)
        {
            _lines.Dequeue();
        }
    }
}
