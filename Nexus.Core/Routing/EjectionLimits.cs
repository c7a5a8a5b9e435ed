using System.Collections.Immutable;

namespace Nexus.Core.Routing;

/// <summary>How far ejections may go: they take load from who fails, and must never leave nobody.</summary>
public static class EjectionLimits
{
    /// <summary>Timeouts in a row that eject.</summary>
    public const int Timeouts = 3;

    /// <summary>Answers 502, 503 or 504 of the replica itself in a row that eject.</summary>
    public const int BadAnswers = 5;

    /// <summary>Whether the evidence may as well be the fault of something all replicas share: a slow database, a wrong check.</summary>
    public static bool IsSoft(EjectionReason reason) =>
        reason is EjectionReason.TimedOut or EjectionReason.BadAnswers or EjectionReason.ProbeFailed or EjectionReason.Outlier;

    /// <summary>
    /// Who of those in rotation may be asked. The ejected are left out; but when soft evidence has ejected more than half of more
    /// than two, it is not believed (panic), and when nobody would be left, those ejected by soft evidence are asked, else all.
    /// </summary>
    /// <param name="inRotation">Who is in rotation.</param>
    /// <param name="ejectedFor">Why one is ejected; null when it is not.</param>
    public static ImmutableArray<T> Trusted<T>(ImmutableArray<T> inRotation, Func<T, EjectionReason?> ejectedFor)
    {
        ArgumentNullException.ThrowIfNull(ejectedFor);
        var reasons = inRotation.Select(ejectedFor).ToList();
        var soft = reasons.Count(r => r is { } reason && IsSoft(reason));
        var isPanic = inRotation.Length > 2 && soft * 2 > inRotation.Length;
        var trusted = Those(r => r is null || (isPanic && IsSoft(r.Value)));
        if (trusted.IsEmpty)
        {
            trusted = Those(r => IsSoft(r!.Value));
        }

        return trusted.IsEmpty ? inRotation : trusted;

        ImmutableArray<T> Those(Func<EjectionReason?, bool> may) => [.. inRotation.Where((_, i) => may(reasons[i]))];
    }
}
