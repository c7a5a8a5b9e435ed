using Nexus.Hosting.Engine.Containers;
using Nexus.Hosting.Engine.Processes;

namespace Nexus.Hosting.Engine.Leftovers;

/// <summary>Finds and ends what an earlier run of the same application left behind when it was killed.</summary>
internal sealed class LeftoverReclaimer(EngineSettings settings, ProcessRegister register, DockerCommand? docker, TimeProvider time)
{
    /// <summary>Gives one line that says what was found; nothing when there was nothing.</summary>
    public async Task<string?> ReclaimAsync(CancellationToken cancellationToken)
    {
        var processes = await SweepProcessesAsync(settings.StopTimeout, cancellationToken);
        var containers = await RemoveContainersAsync(cancellationToken);
        register.Clear();
        if (processes.Count + containers.Count == 0)
        {
            return null;
        }

        var names = processes.Select(p => $"{p.Resource} (pid {p.Pid})").Concat(containers.Select(c => $"{c} (container)"));
        return $"Stopped what an earlier run left behind: {string.Join(", ", names)}.";
    }

    /// <summary>Removes every container that carries the owner's label and is not meant to outlive it; gives their resources.</summary>
    public async Task<IReadOnlyList<string>> RemoveContainersAsync(CancellationToken cancellationToken) =>
        docker is null ? [] : await docker.RemoveOwnedAsync(settings.Owner, cancellationToken);

    /// <summary>Ends every process that carries the owner's mark.</summary>
    public Task<IReadOnlyList<OwnedProcess>> SweepProcessesAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        OwnedProcessSweep.RunAsync(
            () => OperatingSystem.IsLinux() ? OwnerMark.Find(settings.Owner) : register.Find(), timeout, time, cancellationToken);
}
