using System.Collections.Immutable;

namespace Nexus.Core.Convergence;

/// <summary>Keeps what is reported of a dead workload's output small: it travels through Consul.</summary>
public static class LastLines
{
    /// <summary>Most lines kept.</summary>
    public const int MaxLines = 20;

    /// <summary>Most characters kept over all lines.</summary>
    public const int MaxLength = 2048;

    /// <summary>The last lines that fit; a last line longer than all room keeps its end.</summary>
    public static ImmutableArray<string> Bound(ImmutableArray<string> lines)
    {
        var room = MaxLength;
        var kept = ImmutableArray.CreateBuilder<string>();
        for (var i = lines.Length - 1; i >= 0 && kept.Count < MaxLines && room > 0; i--)
        {
            var line = lines[i];
            if (line.Length > room)
            {
                if (kept.Count == 0)
                {
                    kept.Add(line[^room..]);
                }

                break;
            }

            kept.Add(line);
            room -= line.Length;
        }

        kept.Reverse();
        return kept.ToImmutable();
    }
}
