using System.Diagnostics;
using OsProcess = System.Diagnostics.Process;

namespace Nexus.Runtime.Process;

/// <summary>Starts workloads in a session of their own, without a pipe to the agent: nothing of them ends with it.</summary>
internal sealed class ProcessLauncher(TimeProvider time)
{
    private const string Shell = "/bin/sh";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly string? Setsid = Array.Find(["/usr/bin/setsid", "/bin/setsid"], File.Exists);

    /// <summary>Returns when the processes of the workload are written down in its folder.</summary>
    /// <exception cref="WorkloadStartException">They were not; the message ends with what was said meanwhile.</exception>
    public async Task LaunchAsync(
        WorkloadFolder folder, WorkloadCommand command, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        using var supervisor = OsProcess.Start(Describe(folder, command, environment))
            ?? throw new WorkloadStartException($"{Shell} could not be started.");
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            // It says nothing; it closes the stream once its workload runs.
            await supervisor.StandardOutput.ReadToEndAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            supervisor.Kill(entireProcessTree: true);
        }

        if (folder.ReadProcesses() is null)
        {
            throw new WorkloadStartException(
                $"{folder.Id} could not be started. {string.Join(' ', new OutputFile(folder.OutputFile).Tail(5))}");
        }
    }

    private static ProcessStartInfo Describe(
        WorkloadFolder folder, WorkloadCommand command, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo
        {
            FileName = Setsid ?? Shell,
            WorkingDirectory = command.WorkingDirectory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        if (Setsid is not null)
        {
            start.ArgumentList.Add(Shell);
        }

        var (script, variables) = SupervisorScript.For(environment);
        foreach (var argument in new[] { "-c", script, "nexus-supervisor", folder.FullPath, folder.OutputFile, command.Program })
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var argument in command.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
