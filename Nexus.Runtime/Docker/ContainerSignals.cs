using Docker.DotNet;
using Docker.DotNet.Models;
using Nexus.Runtime.Pidfd;

namespace Nexus.Runtime.Docker;

/// <summary>
/// Pauses, stops and kills the processes of a container. Signals go straight to the processes where they are in sight (a
/// millisecond, and past the init process, which would stop alone); else the engine is asked.
/// </summary>
internal sealed class ContainerSignals(DockerEngine engine, ContainerLifecycle containers, ContainerHalts halts)
{
    public async Task<bool> SendAsync(WorkloadId id, WorkloadSignal signal, CancellationToken cancellationToken)
    {
        if (await containers.FindOwnAsync(id, cancellationToken) is not { State: { Running: true } state })
        {
            return false;
        }

        var (name, number) = signal switch
        {
            WorkloadSignal.Kill => ("SIGKILL", LinuxCalls.Sigkill),
            WorkloadSignal.Freeze => ("SIGSTOP", LinuxCalls.Sigstop),
            _ => ("SIGCONT", LinuxCalls.Sigcont),
        };
        int[] targets = [];
        if (OperatingSystem.IsLinux() && ContainerPidfds.IsInContainer((int)state.Pid, id))
        {
            // A paused container takes no signal before it goes on; the engine sees to that for a kill.
            targets = state.Paused ? [] : signal == WorkloadSignal.Kill ? [(int)state.Pid] : [.. ContainerHalts.ProcessesOf(id)];
        }

        return targets.Length > 0 && targets.All(pid => LinuxCalls.TrySignal(pid, number))
            || await TryAskAsync(
                client => client.Containers.KillContainerAsync(id.Value, new ContainerKillParameters { Signal = name }, cancellationToken),
                cancellationToken);
    }

    public async Task<bool> PauseAsync(WorkloadId id, CancellationToken cancellationToken) =>
        await containers.FindOwnAsync(id, cancellationToken) is { State: { Running: true } state } container
        && (state.Paused || await TryHaltAsync(container, cancellationToken)
            || await TryAskAsync(client => client.Containers.PauseContainerAsync(id.Value, cancellationToken), cancellationToken));

    // What was halted here goes on without a word to the engine, which is busy just then with the one that ended.
    public async Task<bool> UnpauseAsync(WorkloadId id, CancellationToken cancellationToken) =>
        halts.TryResume(id)
        || (await containers.FindOwnAsync(id, cancellationToken) is { State: { Running: true } state } container
            && (halts.TryResume(container) || !state.Paused
                || await TryAskAsync(client => client.Containers.UnpauseContainerAsync(id.Value, cancellationToken), cancellationToken)));

    private async Task<bool> TryHaltAsync(ContainerInspectResponse container, CancellationToken cancellationToken)
    {
        try
        {
            return await halts.TryHaltAsync(container, cancellationToken);
        }
        catch (DockerApiException)
        {
            return false;
        }
    }

    // Gone, or ended a moment ago: both mean that it does not run.
    private async Task<bool> TryAskAsync(Func<IDockerClient, Task> ask, CancellationToken cancellationToken)
    {
        try
        {
            await engine.AskAsync(ask, cancellationToken);
            return true;
        }
        catch (DockerApiException)
        {
            return false;
        }
    }
}
