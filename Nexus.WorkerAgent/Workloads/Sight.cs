using Nexus.Core.Convergence;
using Nexus.Runtime;

namespace Nexus.WorkerAgent.Workloads;

/// <summary>Turns what the runtime says into what the core decides on.</summary>
internal static class Sight
{
    /// <summary>The core's view of a workload.</summary>
    public static SeenWorkload Of(Workload workload) => new()
    {
        Id = workload.Id.Value,
        Allocation = workload.Allocation,
        Pool = workload.Pool,
        Attempt = workload.Attempt,
        Running = workload.State == WorkloadState.Running,
        Paused = workload.Paused,
        Ended = workload.State == WorkloadState.Exited,
        ExitCode = workload.ExitCode,
        OutOfMemory = workload.OutOfMemory,
        Port = workload.HostPort,
        Forwarding = workload.Forwarding,
        StartedAt = workload.StartedAt,
    };
}
