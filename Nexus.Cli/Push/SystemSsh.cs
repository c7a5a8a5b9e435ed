using System.ComponentModel;
using System.Diagnostics;

namespace Nexus.Cli.Push;

/// <summary>How to log in.</summary>
/// <param name="User">Whom as, where a target does not say.</param>
/// <param name="Port">At which port, where a target does not say.</param>
/// <param name="ConfigFile">A file in place of the user's own configuration; null for that.</param>
/// <param name="AcceptsNewHostKeys">Whether a host that is not known yet is believed; one whose key changed never is.</param>
internal sealed record SshSettings(string User, int Port, string? ConfigFile, bool AcceptsNewHostKeys);

/// <summary>The system's own <c>ssh</c>, so that configuration, agents, jump hosts, hardware keys and known hosts work as ever.</summary>
internal sealed class SystemSsh(SshSettings settings, Action<string, string> say)
{
    /// <summary>What ssh itself exits with; any other code is the command's.</summary>
    public const int ConnectionFailed = 255;

    /// <summary>Runs a command there; its lines are said as they come.</summary>
    /// <param name="target">Where.</param>
    /// <param name="command">For the shell there.</param>
    /// <param name="input">Writes its standard input; null for none.</param>
    /// <param name="cancellationToken">Ends ssh, and with it what runs there as far as it minds.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(
        PushTarget target, string command, Func<Stream, CancellationToken, Task>? input, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("ssh", Arguments(target, command))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Started(start);
        using var ended = cancellationToken.Register(() => Kill(process));
        var output = SayAsync(process.StandardOutput, target.Machine.Name, cancellationToken);
        var error = SayAsync(process.StandardError, target.Machine.Name, cancellationToken);
        await FeedAsync(process, input, cancellationToken);
        await Task.WhenAll(output, error);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }

    private List<string> Arguments(PushTarget target, string command)
    {
        List<string> arguments =
        [
            "-o", "BatchMode=yes",
            "-o", $"StrictHostKeyChecking={(settings.AcceptsNewHostKeys ? "accept-new" : "yes")}",
            "-o", "ConnectTimeout=10",
            "-o", "ServerAliveInterval=15",
        ];
        if (settings.ConfigFile is { } file)
        {
            arguments.AddRange(["-F", file]);
        }

        if (target.Destination is not { } destination)
        {
            arguments.AddRange(["-p", $"{settings.Port}", "-l", settings.User, "--", target.Machine.Address]);
        }
        else
        {
            var colon = destination.LastIndexOf(':');
            var hasPort = colon > 0 && destination.IndexOf(':') == colon;
            if (hasPort)
            {
                arguments.AddRange(["-p", destination[(colon + 1)..]]);
            }

            arguments.AddRange(["--", hasPort ? destination[..colon] : destination]);
        }

        arguments.Add(command);
        return arguments;
    }

    private static Process Started(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new Win32Exception("no process");
        }
        catch (Win32Exception missing)
        {
            throw new CommandFailedException(
                ExitCode.Failure, $"ssh cannot be started ({missing.Message}); install it (Debian: openssh-client). Nothing was changed.", missing);
        }
    }

    private static async Task FeedAsync(Process process, Func<Stream, CancellationToken, Task>? input, CancellationToken cancellationToken)
    {
        try
        {
            if (input is not null)
            {
                await input(process.StandardInput.BaseStream, cancellationToken);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read everything: its exit code says why.
        }
    }

    private async Task SayAsync(StreamReader lines, string machine, CancellationToken cancellationToken)
    {
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            say(machine, line);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // Gone already.
        }
    }
}
