using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using OsProcess = System.Diagnostics.Process;

namespace Nexus.Runtime.Process;

/// <summary>Runs commands beside a workload: in its directory and with its environment.</summary>
internal static class ProcessExec
{
    public static async Task<CommandResult> RunAsync(
        string workingDirectory, int pid, ImmutableArray<string> command, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = workingDirectory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        var environment = await ProcessEnvironment.ReadSettledAsync(pid, time, cancellationToken);
        foreach (var pair in environment.Select(entry => entry.Split('=', 2)).Where(pair => pair.Length == 2))
        {
            start.Environment[pair[0]] = pair[1];
        }

        OsProcess process;
        try
        {
            process = OsProcess.Start(start)!;
        }
        catch (Win32Exception e)
        {
            return new CommandResult(CommandResult.CouldNotRun, e.Message);
        }

        using (process)
        {
            process.StandardInput.Close();
            return await AwaitAsync(process, timeout, time, cancellationToken);
        }
    }

    private static async Task<CommandResult> AwaitAsync(OsProcess process, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var output = new BoundedOutput();
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await Task.WhenAll(
                ReadAsync(process.StandardOutput.BaseStream, output, either.Token),
                ReadAsync(process.StandardError.BaseStream, output, either.Token),
                process.WaitForExitAsync(either.Token));
            return new CommandResult(process.ExitCode, output.ToString());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            return new CommandResult(null, output.ToString());
        }
    }

    private static async Task ReadAsync(Stream stream, BoundedOutput output, CancellationToken cancellationToken)
    {
        var buffer = new byte[4 * 1024];
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            output.Add(buffer.AsSpan(0, count));
        }
    }
}
