namespace Nexus.Core.Routing;

/// <summary>What a gateway's own experience says of a destination that Consul calls healthy.</summary>
public enum EjectionPhase
{
    /// <summary>Nothing against it.</summary>
    Trusted,

    /// <summary>It failed; others are asked instead, as long as there is one.</summary>
    Ejected,

    /// <summary>It is asked again after its time; the next failure ejects it for longer.</summary>
    Probation,
}

/// <summary>Why a destination was ejected.</summary>
public enum EjectionReason
{
    /// <summary>No connection could be made.</summary>
    ConnectFailed,

    /// <summary>The connection broke before the answer, or in it.</summary>
    ConnectionLost,

    /// <summary>Its node says that it is gone.</summary>
    Gone,

    /// <summary>The gateway's own probes failed, while Consul is away or has lost sight of the node.</summary>
    ProbeFailed,

    /// <summary>It let several requests in a row wait for too long.</summary>
    TimedOut,

    /// <summary>It answered several requests in a row with 502, 503 or 504, or with what is no valid HTTP.</summary>
    BadAnswers,

    /// <summary>Its requests failed far more often than those of the pool's other replicas.</summary>
    Outlier,
}

/// <summary>What can happen to a destination.</summary>
public enum EjectionEvent
{
    /// <summary>A request or probe failed.</summary>
    Failed,

    /// <summary>A request or probe that began after the ejection succeeded.</summary>
    Succeeded,

    /// <summary>The back-off is over, or a connection was accepted before that.</summary>
    DelayPassed,

    /// <summary>The catalog shows a new life of it, or took it out and in again.</summary>
    Announced,
}

/// <summary>Where a destination stands, see docs/gateway.md.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Failures">Ejections in a row without a success between; what the back-off grows with.</param>
public readonly record struct Ejection(EjectionPhase Phase, int Failures)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>How long it stays out: 1 s, doubling to 60 s.</summary>
    public TimeSpan Delay => Failures <= 0
        ? TimeSpan.Zero
        : TimeSpan.FromTicks(Math.Min(First.Ticks << Math.Min(Failures - 1, 10), Longest.Ticks));

    /// <summary>What follows from an event.</summary>
    public Ejection After(EjectionEvent @event) => (Phase, @event) switch
    {
        (_, EjectionEvent.Announced) => default,
        (EjectionPhase.Trusted, EjectionEvent.Failed) => new(EjectionPhase.Ejected, 1),
        (EjectionPhase.Trusted, _) => this,
        (EjectionPhase.Ejected, EjectionEvent.Failed) => this, // Requests that were already inside prove nothing new.
        (EjectionPhase.Ejected, EjectionEvent.Succeeded) => default,
        (EjectionPhase.Ejected, EjectionEvent.DelayPassed) => new(EjectionPhase.Probation, Failures),
        (EjectionPhase.Probation, EjectionEvent.Failed) => new(EjectionPhase.Ejected, Failures + 1),
        (EjectionPhase.Probation, EjectionEvent.Succeeded) => default,
        (EjectionPhase.Probation, EjectionEvent.DelayPassed) => this,
        _ => throw new ArgumentOutOfRangeException(nameof(@event), @event, $"No transition from {Phase}."),
    };
}
