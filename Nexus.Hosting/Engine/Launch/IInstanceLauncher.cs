namespace Nexus.Hosting.Engine.Launch;

/// <summary>Brings running copies of one kind of resource to life.</summary>
internal interface IInstanceLauncher
{
    /// <summary>Launches; throws with the reason when that is not possible.</summary>
    Task<IRunningInstance> LaunchAsync(ResourceInstance instance, InstanceConfiguration configuration, CancellationToken cancellationToken);
}

/// <summary>A running copy of a resource.</summary>
internal interface IRunningInstance
{
    /// <summary>Its exit code, once it has ended by whatever cause.</summary>
    Task<int> Exited { get; }

    /// <summary>Asks it to end, then makes it; on return it is gone, and what it started with it.</summary>
    Task StopAsync(TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Is called at the application's end: what is to outlive it stays, everything else is stopped.</summary>
    Task LeaveAsync(TimeSpan timeout, CancellationToken cancellationToken) => StopAsync(timeout, cancellationToken);

    /// <summary>Ends it at once, without waiting for anything.</summary>
    void Kill();
}
