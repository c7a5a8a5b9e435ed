using System.Security.Cryptography;

namespace Nexus.Gateway;

/// <summary>Chance, so that many do not do the same at the same moment.</summary>
internal class Chance
{
    /// <summary>A number from 0 to below 1.</summary>
    public virtual double Next() => RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue;

    /// <summary>Doubles from <paramref name="first"/> to <paramref name="longest"/>; the second half is chance.</summary>
    public TimeSpan Pause(int failures, TimeSpan first, TimeSpan longest)
    {
        var full = Math.Min(first.TotalMilliseconds * Math.Pow(2, Math.Clamp(failures - 1, 0, 16)), longest.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(full * (0.5 + (Next() / 2)));
    }
}
