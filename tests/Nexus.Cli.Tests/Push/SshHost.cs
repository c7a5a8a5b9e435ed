using System.Diagnostics;
using Nexus.Testing;

namespace Nexus.Cli.Tests.Push;

/// <summary>
/// A machine to push to: a real sshd on loopback with a host key of its own. What is sent below /var/tmp and /opt/nexus goes to a folder
/// of the test, for its shell rewrites these paths; so several hosts live on one machine, and nothing of it is touched.
/// </summary>
internal sealed class SshHost : IAsyncDisposable
{
    private const string Daemon = "/usr/sbin/sshd";
    private readonly Process _process;

    private SshHost(string name, string folder, int port, Process process) => (Name, Folder, Port, _process) = (name, folder, port, process);

    public string Name { get; }

    public string Folder { get; }

    public int Port { get; }

    /// <summary>Where its staging folder, and the releases below /opt/nexus, really are.</summary>
    public string Path(string name) => System.IO.Path.Combine(Folder, name);

    /// <summary>What was recorded there.</summary>
    public string[] Recorded => File.Exists(Path("record")) ? File.ReadAllLines(Path("record")) : [];

    /// <summary>The line of known_hosts for it.</summary>
    public string KnownHost => $"[127.0.0.1]:{Port} {string.Join(' ', File.ReadAllText(Path("host_key.pub")).Split(' ')[..2]).Trim()}";

    public static async Task<SshHost> StartAsync(string root, string name)
    {
        Assert.True(File.Exists(Daemon), $"{Daemon} is missing; eng/install.sh installs it");
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(root, name)).FullName;
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", $"{folder}/host_key");
        if (Environment.UserName == "root")
        {
            Directory.CreateDirectory("/run/sshd"); // it insists on it, and on a fresh machine nobody has made it
        }

        await File.WriteAllTextAsync($"{folder}/shell", $"""
            #!/bin/bash
            export NODE={name} RECORD={folder}/record
            command=$(printf '%s' "$SSH_ORIGINAL_COMMAND" | sed -e 's#sudo -n ##g' -e 's#/var/tmp/nexus-push#{folder}/staging#g' -e 's#/opt/nexus#{folder}/opt#g')
            exec bash -c "$command"
            """ + "\n", TestContext.Current.CancellationToken);
        MakeExecutable($"{folder}/shell");
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort.Next();
            await File.WriteAllTextAsync($"{folder}/sshd_config", $"""
                Port {port}
                ListenAddress 127.0.0.1
                HostKey {folder}/host_key
                AuthorizedKeysFile {root}/user_key.pub
                PidFile none
                StrictModes no
                UsePAM no
                PasswordAuthentication no
                PermitRootLogin prohibit-password
                ForceCommand {folder}/shell
                """ + "\n", TestContext.Current.CancellationToken);
            var process = Process.Start(new ProcessStartInfo(Daemon, ["-D", "-e", "-f", $"{folder}/sshd_config"]) { UseShellExecute = false, RedirectStandardError = true })!;
            var said = await ListensAsync(process);
            if (said.Contains("Server listening", StringComparison.Ordinal))
            {
                _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
                return new SshHost(name, folder, port, process);
            }

            process.Dispose();
            Assert.True(attempt < 5, $"sshd does not start: {said}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    public static void MakeExecutable(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("sshd is run on Linux.");
        }

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public static async Task RunAsync(string program, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo(program, args) { UseShellExecute = false })!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{program} left with {process.ExitCode}");
    }

    private static async Task<string> ListensAsync(Process process)
    {
        var said = "";
        while (!said.Contains("Server listening", StringComparison.Ordinal)
            && await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            said += line + "\n";
        }

        return said;
    }
}
