namespace Nexus.Cli.Drills.Faults;

/// <summary>What Nexus promises of the requests while a fault happens.</summary>
/// <param name="Safe">Most that may fail when the method is safe (GET, HEAD); null promises nothing.</param>
/// <param name="Any">Most that may fail with any other method; null promises nothing.</param>
internal sealed record FaultPromise(int? Safe, int? Any)
{
    /// <summary>A replica dies with requests inside: those that are safe to repeat are.</summary>
    public static readonly FaultPromise SafeOnly = new(0, null);

    /// <summary>Nothing is stopped before it is empty.</summary>
    public static readonly FaultPromise All = new(0, 0);

    /// <summary>A replica hangs with requests inside, and is found by its checks.</summary>
    public static readonly FaultPromise Few = new(10, null);

    public int? For(HttpMethod method) => method == HttpMethod.Get || method == HttpMethod.Head ? Safe : Any;
}

/// <summary>What came of a fault that was caused once. Times are from the moment it was caused.</summary>
internal sealed record FaultMarks
{
    /// <summary>Until no gateway sent requests to the replica any more.</summary>
    public TimeSpan? Ejected { get; init; }

    /// <summary>Until the pool had all its replicas serving again.</summary>
    public TimeSpan? Full { get; init; }

    /// <summary>Until the control plane had decided: a new leader, a broken deploy given up.</summary>
    public TimeSpan? Decided { get; init; }

    /// <summary>What else is worth saying.</summary>
    public string? Note { get; init; }
}

/// <summary>A way to break a cluster on purpose. It causes the fault and watches what is its own; the conductor waits for the rest.</summary>
internal interface IFault
{
    string Name { get; }

    FaultPromise Promise { get; }

    /// <summary>Why it cannot be caused here; null when it can.</summary>
    string? Obstacle(DrillStage stage);

    Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken);
}
