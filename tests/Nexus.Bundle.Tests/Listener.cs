using System.Diagnostics;

namespace Nexus.Bundle.Tests;

/// <summary>A server on one port of a network namespace; it goes with its test.</summary>
internal sealed class Listener(string network, int port) : IDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);
    private Process? _process;

    /// <summary>Starts it and waits until it listens.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _process = Process.Start(new ProcessStartInfo("nsenter", [$"--net=/run/netns/{network}", "/bin/busybox", "httpd", "-f", "-p", $"{port}"])
        {
            UseShellExecute = false,
        })!;
        while (!(await Command.MustAsync("ip", ["netns", "exec", network, "ss", "-Hltn"], cancellationToken)).Contains($":{port} ", StringComparison.Ordinal))
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"The server on port {port} of {network} left with {_process.ExitCode}.");
            }

            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
        }
    }

    public void Dispose()
    {
        if (_process is not null)
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
