using System.Collections.Immutable;
using Docker.DotNet;
using Docker.DotNet.Models;
using Nexus.Runtime.Pidfd;

namespace Nexus.Runtime.Docker;

/// <summary>Runs commands inside running containers, for a bounded time and with bounded output.</summary>
internal sealed class ContainerExec(DockerEngine engine, TimeProvider time)
{
    public async Task<CommandResult> RunAsync(
        WorkloadId id, ImmutableArray<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var parameters = new ContainerExecCreateParameters { AttachStdout = true, AttachStderr = true, Cmd = [.. command] };
        ContainerExecCreateResponse exec;
        try
        {
            exec = await engine.AskAsync(
                client => client.Exec.CreateContainerExecAsync(id.Value, parameters, cancellationToken), cancellationToken);
        }
        catch (DockerApiException e)
        {
            return new CommandResult(CommandResult.CouldNotRun, DockerEngine.Words(e)); // gone, or not running
        }

        var output = new BoundedOutput();
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await ReadAsync(exec.ID, output, either.Token);
        }
        catch (DockerApiException e)
        {
            return new CommandResult(CommandResult.CouldNotRun, DockerEngine.Words(e));
        }
        catch (OperationCanceledException)
        {
            await KillAsync(exec.ID, id);
            cancellationToken.ThrowIfCancellationRequested();
            return new CommandResult(null, output.ToString());
        }

        var ended = await engine.AskAsync(
            client => client.Exec.InspectContainerExecAsync(exec.ID, cancellationToken), cancellationToken);
        return new CommandResult((int?)ended.ExitCode, output.ToString());
    }

    private async Task ReadAsync(string exec, BoundedOutput output, CancellationToken cancellationToken)
    {
        var parameters = new ContainerExecStartParameters();
        using var stream = await engine.AskAsync(
            client => client.Exec.StartContainerExecAsync(exec, parameters, cancellationToken), cancellationToken);
        var buffer = new byte[4 * 1024];
        while (await stream.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken) is { EOF: false } piece)
        {
            output.Add(buffer.AsSpan(0, piece.Count));
        }
    }

    // The engine cannot end an exec. Where its process is one of this kernel, we can.
    private async Task KillAsync(string exec, WorkloadId container)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), time);
        try
        {
            var running = await engine.AskAsync(
                client => client.Exec.InspectContainerExecAsync(exec, limit.Token), limit.Token);
            if (running is { Running: true, Pid: > 0 } && ContainerPidfds.IsInContainer((int)running.Pid, container))
            {
                LinuxCalls.TrySignal((int)running.Pid, LinuxCalls.Sigkill);
            }
        }
        catch (Exception e) when (e is DockerApiException or RuntimeUnavailableException or OperationCanceledException)
        {
            // It ends with its container.
        }
    }
}
