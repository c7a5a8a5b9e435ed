namespace Nexus.Core.Routing;

/// <summary>Reasons of ejections in words.</summary>
public static class EjectionWords
{
    /// <summary>The reason, to follow a colon.</summary>
    public static string Of(EjectionReason reason) => reason switch
    {
        EjectionReason.ConnectFailed => "no connection could be made",
        EjectionReason.ConnectionLost => "the connection broke before or within an answer",
        EjectionReason.Gone => "its container or process ended",
        EjectionReason.ProbeFailed => "the gateway's probes failed",
        EjectionReason.TimedOut => $"{EjectionLimits.Timeouts} requests in a row timed out",
        EjectionReason.BadAnswers => $"{EjectionLimits.BadAnswers} answers in a row were 502, 503 or 504",
        EjectionReason.Outlier => "its requests fail far more often than those of the other replicas",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
