using System.Diagnostics;

namespace Nexus.WorkerAgent.Tests;

/// <summary>What happens to processes.</summary>
internal static class Signals
{
    public static void Kill(int pid) => Send("KILL", pid);

    /// <summary>It hangs from now on.</summary>
    public static void Stop(int pid) => Send("STOP", pid);

    public static bool IsAlive(int pid) =>
        File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z", StringComparison.Ordinal);

    /// <summary>Waits until it is stopped, or no longer: a signal takes a moment.</summary>
    public static async Task IsStoppedAsync(int pid, bool stopped, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        while ((await File.ReadAllTextAsync($"/proc/{pid}/stat", limit.Token)).Contains(") T ", StringComparison.Ordinal) != stopped)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
        }
    }

    private static void Send(string signal, int pid)
    {
        using var kill = Process.Start(Templates.Busybox, ["kill", $"-{signal}", $"{pid}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
