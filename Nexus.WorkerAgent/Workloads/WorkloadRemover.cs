using Nexus.Core.Convergence;
using Nexus.Runtime;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Workloads;

/// <summary>Removes ended workloads, each in a task of its own that may look at the remains first.</summary>
internal sealed class WorkloadRemover(RuntimeConnection runtime, WorkSet work, ExitBoard exits)
{
    /// <summary>Begins the removal unless it is under way; <paramref name="first"/> runs before it.</summary>
    public void Begin(SeenWorkload workload, Func<CancellationToken, Task>? first = null) =>
        work.TryRunAside("remove/" + workload.Id, async token =>
        {
            if (first is not null)
            {
                await first(token);
            }

            await runtime.Required.RemoveAsync(new WorkloadId(workload.Id), token);
            exits.Forget(workload.Id);
        });
}
