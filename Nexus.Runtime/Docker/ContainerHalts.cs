using System.Collections.Concurrent;
using System.Globalization;
using Docker.DotNet;
using Docker.DotNet.Models;
using Nexus.Runtime.Pidfd;
using Nexus.Runtime.Process;

namespace Nexus.Runtime.Docker;

/// <summary>
/// Halts containers by SIGSTOP and lets them go on by SIGCONT, where their processes are in sight: to go on takes a millisecond
/// then, and the engine's own pause up to a tenth of a second on a busy machine. The container's name says so, for a later agent
/// and for people; a process that is stopped without that mark hangs.
/// </summary>
internal sealed class ContainerHalts(DockerEngine engine, TimeProvider time) : IDisposable
{
    private const string Mark = ".paused";
    private const int Looks = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    // Marks are set and taken off one at a time, so that none is lost.
    private readonly SemaphoreSlim _marking = new(1);
    private readonly ConcurrentDictionary<WorkloadId, IReadOnlyList<int>> _halted = new();

    /// <summary>Whether a container of this name whose main process is this one is halted.</summary>
    public static bool IsHalted(string? name, int? pid) => IsMarked(name) && pid is { } main && IsStopped(main);

    /// <summary>Halts a running container; false when its processes are out of reach, and nothing was changed.</summary>
    public async Task<bool> TryHaltAsync(ContainerInspectResponse container, CancellationToken cancellationToken)
    {
        var id = new WorkloadId(container.ID);
        var main = (int)container.State!.Pid;
        if (!OperatingSystem.IsLinux() || !ContainerPidfds.IsInContainer(main, id) || !LinuxCalls.TrySignal(main, 0))
        {
            return false;
        }

        await _marking.WaitAsync(cancellationToken);
        var isDone = false;
        try
        {
            _halted[id] = [main];
            if (!IsMarked(container.Name))
            {
                await RenameAsync(id, Unmarked(container.Name!) + Mark, cancellationToken);
            }

            var told = new List<int>();
            while (ProcessesOf(id).Except(told).ToList() is { Count: > 0 } fresh)
            {
                // More may be born while others stop.
                told.AddRange(fresh);
                fresh.ForEach(pid => LinuxCalls.TrySignal(pid, LinuxCalls.Sigstop));
            }

            for (var look = 0; look < Looks && !IsStopped(main) && ContainerPidfds.IsInContainer(main, id); look++)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }

            _halted[id] = [main, .. told.Where(pid => pid != main)];
            return isDone = true;
        }
        finally
        {
            if (!isDone)
            {
                _halted.TryRemove(id, out _);
            }

            _marking.Release();
        }
    }

    /// <summary>Lets one go on that was halted here; false when it was not, or is no more.</summary>
    public bool TryResume(WorkloadId id) => _halted.TryRemove(id, out var pids) && Continue(id, pids);

    /// <summary>Lets one go on, whoever halted it; false when it is not halted.</summary>
    public bool TryResume(ContainerInspectResponse container)
    {
        var id = new WorkloadId(container.ID);
        _halted.TryRemove(id, out _);
        return IsMarked(container.Name) && Continue(id, [.. ProcessesOf(id)]);
    }

    /// <summary>Takes the mark off one that goes on.</summary>
    public async Task UnmarkAsync(WorkloadId id, string? name, int pid, CancellationToken cancellationToken)
    {
        if (!IsMarked(name) || _halted.ContainsKey(id) || IsStopped(pid))
        {
            return;
        }

        await _marking.WaitAsync(cancellationToken);
        try
        {
            if (!_halted.ContainsKey(id) && !IsStopped(pid))
            {
                await RenameAsync(id, Unmarked(name!), cancellationToken);
            }
        }
        catch (DockerApiException)
        {
            // It is gone, or its name is not free: the mark harms nobody where nothing is stopped.
        }
        finally
        {
            _marking.Release();
        }
    }

    /// <summary>The processes of a container that are in sight.</summary>
    public static IEnumerable<int> ProcessesOf(WorkloadId id) => Directory.EnumerateDirectories("/proc")
        .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0 && ContainerPidfds.IsInContainer(pid, id));

    /// <inheritdoc/>
    public void Dispose() => _marking.Dispose();

    private static bool IsMarked(string? name) => name?.EndsWith(Mark, StringComparison.Ordinal) == true;

    private static string Unmarked(string name) => name.TrimStart('/') is var bare && IsMarked(bare) ? bare[..^Mark.Length] : bare;

    private static bool IsStopped(int pid) => ProcStat.Read(pid) is { State: 'T' };

    // None of them is another's by now: what stands still ends only when it is killed, and then its number may be used again.
    private static bool Continue(WorkloadId id, IReadOnlyList<int> pids)
    {
        var own = pids.Where(pid => ContainerPidfds.IsInContainer(pid, id)).ToList();
        return own.Count > 0 && own.TrueForAll(pid => LinuxCalls.TrySignal(pid, LinuxCalls.Sigcont));
    }

    private Task RenameAsync(WorkloadId id, string name, CancellationToken cancellationToken) => engine.AskAsync(
        client => client.Containers.RenameContainerAsync(id.Value, new ContainerRenameParameters { NewName = name }, cancellationToken),
        cancellationToken);
}
