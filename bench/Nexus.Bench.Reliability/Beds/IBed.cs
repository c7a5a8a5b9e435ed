namespace Nexus.Bench.Reliability.Beds;

/// <summary>How the last deploy stands.</summary>
internal enum DeployState
{
    /// <summary>It is under way.</summary>
    Running,

    /// <summary>It was given up, and what was before is being brought back.</summary>
    GoingBack,

    /// <summary>What was asked for serves.</summary>
    Done,

    /// <summary>It was given up, and what was before serves alone again.</summary>
    RolledBack,

    /// <summary>It was given up, and nothing more happens by itself.</summary>
    Stuck,
}

/// <summary>A deploy.</summary>
/// <param name="Number">Another one has another number.</param>
/// <param name="State">How it stands.</param>
/// <param name="Reason">Why, in the orchestrator's words.</param>
internal sealed record Deploy(long Number, DeployState State, string Reason)
{
    public bool IsOver => State is not (DeployState.Running or DeployState.GoingBack);
}

/// <summary>
/// An orchestrator under test with one pool behind one address. The script of faults knows nothing else of it, so that it is the
/// same for all.
/// </summary>
internal interface IBed : IAsyncDisposable
{
    /// <summary>Its name in the table.</summary>
    string Name { get; }

    /// <summary>Where clients come in.</summary>
    Uri Url { get; }

    /// <summary>The replicas that get requests now, each try under a name of its own. Cheap enough to ask every few milliseconds.</summary>
    Task<IReadOnlySet<string>> RoutedAsync(CancellationToken cancellationToken);

    /// <summary>Since when a replica gets no more requests, by the clock of who sends them; null if it still does.</summary>
    Task<DateTimeOffset?> OutSinceAsync(string replica, CancellationToken cancellationToken);

    /// <summary>Containers that exist for the pool, dead ones aside.</summary>
    Task<int> ContainersAsync(CancellationToken cancellationToken);

    /// <summary>The container of a replica that is routed.</summary>
    Task<string> ContainerOfAsync(string replica, CancellationToken cancellationToken);

    /// <summary>Asks for a number of replicas of an image (<c>nexus/light:TAG</c>), as a user would.</summary>
    Task ApplyAsync(int replicas, string tag, CancellationToken cancellationToken);

    /// <summary>How the last deploy stands.</summary>
    Task<Deploy> DeployAsync(CancellationToken cancellationToken);
}
