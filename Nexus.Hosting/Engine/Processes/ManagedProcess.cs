using System.Diagnostics;
using System.Runtime.InteropServices;
using Nexus.Hosting.Engine.Launch;

namespace Nexus.Hosting.Engine.Processes;

/// <summary>What to start.</summary>
/// <param name="Command">The program's full path.</param>
/// <param name="Args">Its arguments.</param>
/// <param name="WorkingDirectory">Where.</param>
internal sealed record ProcessStart(string Command, IReadOnlyList<string> Args, string WorkingDirectory)
{
    /// <summary>Changes to the environment of this process: a value, or null to take the variable away.</summary>
    public Dictionary<string, string?> Environment { get; } = new(StringComparer.Ordinal);
}

/// <summary>
/// A process in a session of its own (where the system has setsid), so that a terminal's Ctrl-C does not reach it before we
/// do and so that its whole group can be ended.
/// </summary>
internal sealed partial class ManagedProcess : IRunningInstance
{
    // After the process has ended, a child of it may still hold its output open: we do not wait for that.
    private static readonly TimeSpan OutputGrace = TimeSpan.FromMilliseconds(500);
    private static readonly string? Setsid = OperatingSystem.IsWindows() ? null : CommandFinder.Find("setsid", "/");

    private readonly Process _process;
    private readonly TimeProvider _time;

    private ManagedProcess(Process process, Action<string, bool> output, TimeProvider time)
    {
        _process = process;
        _time = time;
        Id = process.Id;
        StartTime = StartTimeOf(process);
        Exited = RunToEndAsync(output);
    }

    public int Id { get; }

    public DateTime StartTime { get; }

    public Task<int> Exited { get; }

    public static ManagedProcess Start(ProcessStart start, Action<string, bool> output, TimeProvider time)
    {
        var info = new ProcessStartInfo(Setsid ?? start.Command)
        {
            WorkingDirectory = start.WorkingDirectory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var arg in Setsid is null ? start.Args : [start.Command, .. start.Args])
        {
            info.ArgumentList.Add(arg);
        }

        foreach (var (name, value) in start.Environment)
        {
            if (value is null)
            {
                info.Environment.Remove(name);
            }
            else
            {
                info.Environment[name] = value;
            }
        }

        var process = Process.Start(info) ?? throw new InvalidOperationException($"{start.Command} could not be started.");
        process.StandardInput.Close();
        return new ManagedProcess(process, output, time);
    }

    public async Task StopAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!Exited.IsCompleted)
        {
            Signals.Terminate(_process);
            try
            {
                await Exited.WaitAsync(timeout, _time, cancellationToken);
            }
            catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
            {
                // It had its chance.
            }
        }

        Kill();
        await Exited;
    }

    public void Kill()
    {
        if (Setsid is not null)
        {
            Signals.KillGroup(Id);
        }

        // Also where there is a group: just after its start the process may not lead it yet.
        if (!Exited.IsCompleted)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    private static DateTime StartTimeOf(Process process)
    {
        try
        {
            return process.StartTime.ToUniversalTime();
        }
        catch (InvalidOperationException)
        {
            // It has already ended.
            return DateTime.MinValue;
        }
    }

    private async Task<int> RunToEndAsync(Action<string, bool> output)
    {
        var pumps = Task.WhenAll(PumpAsync(_process.StandardOutput, isError: false), PumpAsync(_process.StandardError, isError: true));
        await _process.WaitForExitAsync();
        var code = _process.ExitCode;
        await Task.WhenAny(pumps, Task.Delay(OutputGrace, _time, CancellationToken.None));
        return code;

        async Task PumpAsync(StreamReader reader, bool isError)
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                output(line, isError);
            }
        }
    }
}

/// <summary>Signals, which .NET has no words for.</summary>
internal static partial class Signals
{
    private const int SigKill = 9;
    private const int SigTerm = 15;

    /// <summary>Asks a process to end; on Windows, where there is no such thing for programs without a window, ends it.</summary>
    public static void Terminate(Process process)
    {
        if (OperatingSystem.IsWindows())
        {
            process.Kill(entireProcessTree: true);
        }
        else
        {
            _ = SendSignal(process.Id, SigTerm);
        }
    }

    public static void Terminate(int pid) => _ = SendSignal(pid, SigTerm);

    public static void Kill(int pid) => _ = SendSignal(pid, SigKill);

    public static void KillGroup(int leader) => _ = SendSignal(-leader, SigKill);

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int pid, int signal);
}
