namespace Nexus.Core.State;

/// <summary>
/// That a workload's port on the node belongs to its engine, which forwards connections. The engine may accept a connection while
/// the workload does not listen, so an accepted connection alone proves nothing.
/// </summary>
/// <param name="Direct">The workload's own address where its node reaches it without the engine; null where it does not, as with an
/// engine in a virtual machine.</param>
public sealed record PortForwarding(WorkloadEndpoint? Direct);

/// <summary>Address and port of a workload in its own network.</summary>
/// <param name="Address">An IP address.</param>
/// <param name="Port">The port that the workload listens on.</param>
public sealed record WorkloadEndpoint(string Address, int Port)
{
    /// <inheritdoc/>
    public override string ToString() => Address.Contains(':') ? $"[{Address}]:{Port}" : $"{Address}:{Port}";
}
