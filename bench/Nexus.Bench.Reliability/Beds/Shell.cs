using System.Diagnostics;
using System.Globalization;

namespace Nexus.Bench.Reliability.Beds;

/// <summary>Commands, and the processes of containers.</summary>
internal static class Shell
{
    /// <summary>Runs a command; returns what it printed.</summary>
    public static async Task<string> RunAsync(string command, string[] arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? output.Trim()
            : throw new InvalidOperationException($"{command} {string.Join(' ', arguments)}: {(await error).Trim()}");
    }

    /// <summary>The main process of a container.</summary>
    public static async Task<int> PidOfAsync(string container, CancellationToken cancellationToken) => int.Parse(
        await RunAsync("docker", ["inspect", "-f", "{{.State.Pid}}", container], cancellationToken), CultureInfo.InvariantCulture);

    /// <summary>Sends a signal to a process and all below it, the last ones first.</summary>
    public static async Task SignalTreeAsync(int pid, string signal, CancellationToken cancellationToken)
    {
        foreach (var child in (await File.ReadAllTextAsync($"/proc/{pid}/task/{pid}/children", cancellationToken))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            await SignalTreeAsync(int.Parse(child, CultureInfo.InvariantCulture), signal, cancellationToken);
        }

        await RunAsync("kill", [$"-{signal}", pid.ToString(CultureInfo.InvariantCulture)], cancellationToken);
    }

    /// <summary>SIGKILL, straight from here: no command adds its time.</summary>
    public static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }
}
