using System.Diagnostics;
using System.Threading.Channels;
using Nexus.Hosting.Engine.Launch;
using Nexus.Hosting.Engine.Processes;

namespace Nexus.Hosting.Tests.Fixtures;

/// <summary>The test AppHost as a user would run it: a process of its own, with a folder of its own.</summary>
internal sealed class AppHostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _seen = [];

    public AppHostProcess(string folder, params string[] args) : this(folder, [], args)
    {
    }

    public AppHostProcess(string folder, Dictionary<string, string> environment, string[] args)
    {
        var start = new ProcessStartInfo(
            CommandFinder.Dotnet,
            [typeof(Projects.Nexus_Hosting_TestAppHost).Assembly.Location, $"--Hosting:StateDirectory={folder}", $"--Hosting:Instance={folder}", .. args])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Write(line.Data);
        _process.ErrorDataReceived += (_, line) => Write(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        void Write(string? line)
        {
            if (line is not null)
            {
                _lines.Writer.TryWrite(line);
            }
        }
    }

    public string Output => string.Join('\n', _seen);

    /// <summary>Gives the line that holds the part, reading on until it comes.</summary>
    public async Task<string> ReadUntilAsync(string part, CancellationToken cancellationToken)
    {
        if (_seen.Find(line => line.Contains(part, StringComparison.Ordinal)) is { } seen)
        {
            return seen;
        }

        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(cancellationToken))
            {
                _seen.Add(line);
                if (line.Contains(part, StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Told below, with what came instead.
        }

        throw new InvalidOperationException($"The AppHost did not write '{part}', but:\n{Output}");
    }

    public void Crash() => _process.Kill();

    /// <summary>Asks it to end, as systemd and Ctrl-C do, and gives its exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        Signals.Terminate(_process.Id);
        return await ExitAsync(cancellationToken);
    }

    /// <summary>As the kernel does when the terminal is closed.</summary>
    public async Task<int> HangUpAsync(CancellationToken cancellationToken)
    {
        using var kill = Process.Start("kill", ["-HUP", $"{_process.Id}"]);
        await kill.WaitForExitAsync(cancellationToken);
        return await ExitAsync(cancellationToken);
    }

    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        while (_lines.Reader.TryRead(out var line))
        {
            _seen.Add(line);
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await StopAsync(Deadline.Token);
        }

        _process.Dispose();
    }
}
