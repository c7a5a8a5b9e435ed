using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;

namespace Nexus.Runtime.Tests.Contract;

/// <summary>How the contract's workloads run on one kind of runtime.</summary>
public interface IRuntimeKit : IDisposable
{
    /// <summary>Address that a server of the workload binds.</summary>
    string BindAddress { get; }

    /// <summary>Directory the workload may write.</summary>
    string WritableDirectory { get; }

    /// <summary>Makes what the workloads need, or skips the test.</summary>
    Task PrepareAsync();

    IContainerRuntime Create(string cluster, NodeName node);

    /// <summary>A template that runs the command.</summary>
    PoolTemplate Template(ImmutableArray<string> command);
}
