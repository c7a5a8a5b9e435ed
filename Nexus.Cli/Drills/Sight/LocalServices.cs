using Nexus.Api.V1;

namespace Nexus.Cli.Drills.Sight;

/// <summary>
/// Services of the cluster that run on this machine: finds their processes, signals them, and sees to it that those it killed come
/// back, started by whoever supervises them or else from here.
/// </summary>
internal sealed class LocalServices(string host, string logDirectory, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan SupervisorPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>The process of a manager or gateway; null, with the reason, when it cannot be reached from here.</summary>
    public LocalProcess? Find(PeerView peer, out string? obstacle)
    {
        if (peer is not { Host: { } machine, Pid: { } pid })
        {
            obstacle = $"{peer.Name} does not say on which machine and as which process it runs";
            return null;
        }

        if (!string.Equals(machine, host, StringComparison.OrdinalIgnoreCase))
        {
            obstacle = $"{peer.Name} runs on {machine}; run the drill there to have it killed";
            return null;
        }

        return Find(peer.Name, pid, out obstacle);
    }

    /// <summary>A process by its id; null, with the reason, when it cannot be killed and started again from here.</summary>
    public static LocalProcess? Find(string name, int pid, out string? obstacle)
    {
        if (!Signals.IsAllowed(pid))
        {
            obstacle = $"{name} (process {pid}) does not exist or belongs to another user";
            return null;
        }

        return LocalProcess.TryRead(name, pid, out obstacle);
    }

    /// <summary>Waits until a process is gone, and kills it when that takes too long.</summary>
    public async Task UntilGoneAsync(LocalProcess process, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (process.IsAlive())
        {
            if (time.GetElapsedTime(started) > StopPatience)
            {
                say($"{process.Name} did not stop within {StopPatience.TotalSeconds} s; it is killed");
                Signals.Send(process, Signals.Kill);
            }

            await Task.Delay(Look, time, cancellationToken);
        }
    }

    /// <summary>Has a killed process run again: by its supervisor, else by starting it from here. Does nothing when it lives.</summary>
    /// <param name="process">As it was before it was killed.</param>
    /// <param name="port">Port it listened on, by which it is known to be back whoever started it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task ReviveAsync(LocalProcess process, int port, CancellationToken cancellationToken)
    {
        if (process.IsAlive() || Listeners.FindPid(port) is not null)
        {
            return;
        }

        var started = time.GetTimestamp();
        while (process.Supervised && time.GetElapsedTime(started) < SupervisorPatience)
        {
            if (Listeners.FindPid(port) is not null)
            {
                return;
            }

            await Task.Delay(Look * 10, time, cancellationToken);
        }

        var again = process.StartAgain(logDirectory);
        say($"{process.Name} was started again as process {again.Pid}; its output goes to {again.Output}");
        while (Listeners.FindPid(port) is null)
        {
            if (!again.IsAlive())
            {
                throw new DrillFailedException($"{process.Name} ended right after it was started again; see {again.Output}");
            }

            if (time.GetElapsedTime(started) > SupervisorPatience * 2)
            {
                throw new DrillFailedException($"{process.Name} was started again and does not listen on port {port}; see {again.Output}");
            }

            await Task.Delay(Look * 10, time, cancellationToken);
        }
    }
}
