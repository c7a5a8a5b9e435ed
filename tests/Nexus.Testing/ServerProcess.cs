using System.Diagnostics;

namespace Nexus.Testing;

/// <summary>A program that ends with its owner, and at the latest with this process; keeps its last words.</summary>
internal sealed class ServerProcess : IAsyncDisposable
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

    public bool HasExited => _process.HasExited;

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

    public static ServerProcess Start(string path, IEnumerable<string> arguments)
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
        var server = new ServerProcess(process);
        AppDomain.CurrentDomain.ProcessExit += server.KillAtExit;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return server;
    }

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
