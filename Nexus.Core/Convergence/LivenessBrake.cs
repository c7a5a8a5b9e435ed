using System.Globalization;

namespace Nexus.Core.Convergence;

/// <summary>How a probe failed.</summary>
public enum SickKind
{
    /// <summary>No connection came about: it is dead, or its node is.</summary>
    Unreachable,

    /// <summary>It accepts and does not answer: it hangs.</summary>
    Silent,

    /// <summary>It answers, and not as its check asks for.</summary>
    WrongAnswer,
}

/// <summary>How the other replicas of a pool fare at this moment, on all nodes.</summary>
/// <param name="Others">Those that could be asked.</param>
/// <param name="Well">Those of them that pass.</param>
public readonly record struct PoolCensus(int Others, int Well);

/// <summary>What is done with a replica whose check fails.</summary>
/// <param name="MayKill">Whether it is killed, to be started anew.</param>
/// <param name="Words">Why not, as a sentence; empty when it is.</param>
public readonly record struct BrakeVerdict(bool MayKill, string Words);

/// <summary>
/// Keeps a check that breaks everywhere at once from killing a pool: a replica is killed for its health only while the rest
/// of the pool is well. One that answers nothing is of no use to anyone, so it is killed after a while even so; one that
/// answers wrongly may serve all the same, and never is.
/// </summary>
public static class LivenessBrake
{
    /// <summary>How long the only replica of a pool may answer wrongly: no other can say whether it or its check is broken.</summary>
    public static readonly TimeSpan LonePatience = TimeSpan.FromSeconds(30);

    /// <summary>Judges one replica.</summary>
    /// <param name="kind">How its probe fails.</param>
    /// <param name="sickFor">Since when.</param>
    /// <param name="census">How the others fare; null when it is not known who they are.</param>
    public static BrakeVerdict Judge(SickKind kind, TimeSpan sickFor, PoolCensus? census)
    {
        var useless = kind != SickKind.WrongAnswer;
        switch (census)
        {
            case null:
                return useless ? new(true, "") : new(false, "it answers, and how the rest of its pool fares cannot be known");
            case { Others: 0 }:
                return useless || sickFor >= LonePatience
                    ? new(true, "")
                    : new(false, string.Create(CultureInfo.InvariantCulture,
                        $"it is the only one of its pool and answers; it gets {LonePatience.TotalSeconds:0} s to recover"));
            case { } rest when 2 * rest.Well >= rest.Others + 1:
                return new(true, "");
            case { } rest:
                return useless && sickFor >= Liveness.Window
                    ? new(true, "")
                    : new(false, $"of the {rest.Others} others of its pool {rest.Well} pass, so the check is the suspect");
        }
    }
}
