namespace Nexus.Simulation.Tests.Engine;

/// <summary>Numbers that follow from a seed alone (SplitMix64), the same on every machine and version.</summary>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>In [0, 1).</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Both ends included.</summary>
    public int Between(int least, int most) => least + (int)(Next() % (ulong)(most - least + 1));

    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + ((most - least) * NextDouble());

    public TimeSpan Milliseconds(int least, int most) => TimeSpan.FromMilliseconds(Between(least, most));

    public bool In(int ofHundred) => Between(1, 100) <= ofHundred;

    public T Of<T>(IReadOnlyList<T> items) => items[Between(0, items.Count - 1)];

    /// <summary>Another stream, so that one more question asked here does not change the answers there.</summary>
    public Chance Fork() => new(Next());
}
