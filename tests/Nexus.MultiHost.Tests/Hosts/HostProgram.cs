using System.Diagnostics;

namespace Nexus.MultiHost.Tests.Hosts;

/// <summary>A program inside a host, its output in a file. It ends with its owner, and at the latest with this process.</summary>
internal sealed class HostProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Process _process;
    private bool _disposed;

    private HostProgram(Process process, string log)
    {
        _process = process;
        Log = log;
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
    }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The file of its output.</summary>
    public string Log { get; }

    /// <summary>Starts it. nsenter and bash give way to it, so that its process is the one started here.</summary>
    public static HostProgram Start(
        NetworkNamespace network, string log, string program, IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(
            "nsenter", [$"--net={network.Path}", "bash", "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", log, program, .. arguments])
        {
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        return new HostProgram(Process.Start(start)!, log);
    }

    /// <summary>SIGKILL; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        LinuxCalls.TrySignal(Pid, LinuxCalls.Sigkill);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>SIGTERM, and SIGKILL for whoever does not heed it.</summary>
    public async Task StopAsync()
    {
        LinuxCalls.TrySignal(Pid, LinuxCalls.Sigterm);
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
        }
    }

    /// <summary>The end of its output.</summary>
    public string LastLines()
    {
        var lines = File.Exists(Log) ? File.ReadAllLines(Log) : [];
        return $"--- {Path.GetFileName(Log)}{Environment.NewLine}"
            + string.Concat(lines.TakeLast(8).Select(line => (line.Length > 240 ? line[..240] : line) + Environment.NewLine));
    }

    public async ValueTask DisposeAsync()
    {
        // A test may end what its host would end, too.
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        if (!_process.HasExited)
        {
            await StopAsync();
        }

        _process.Dispose();
    }

    private void KillAtExit(object? sender, EventArgs arguments) => LinuxCalls.TrySignal(Pid, LinuxCalls.Sigkill);
}
