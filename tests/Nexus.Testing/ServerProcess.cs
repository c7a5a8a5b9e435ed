using System.Diagnostics;

namespace Nexus.Testing;

/// <summary>A program that ends with its owner, and at the latest with this process; keeps its last words.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private const int LinesKept = 60;
    private readonly Queue<string> _lines = new(LinesKept);
    private readonly Process _process;

    private ServerProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
    }

    /// <summary>Its id.</summary>
    public int Pid => _process.Id;

    /// <summary>Whether it has ended by itself.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The last lines it printed.</summary>
    public string Output
    {
        get
        {
            lock (_lines)
            {
                return string.Join(Environment.NewLine, _lines);
            }
        }
    }

    /// <summary>Starts it in the environment of this process, with <paramref name="environment"/> put over it.</summary>
    public static ServerProcess Start(
        string path, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(path, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            process.StartInfo.Environment[name] = value;
        }

        var server = new ServerProcess(process);
        AppDomain.CurrentDomain.ProcessExit += server.KillAtExit;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return server;
    }

    /// <summary>SIGKILL; returns when it is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private void KillAtExit(object? sender, EventArgs arguments) => _process.Kill();

    private void Keep(object sender, DataReceivedEventArgs arguments)
    {
        if (arguments.Data is { } line)
        {
            lock (_lines)
            {
                if (_lines.Count == LinesKept)
                {
                    _lines.Dequeue();
                }

                _lines.Enqueue(line);
            }
        }
    }
}
