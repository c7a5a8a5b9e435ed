using System.Diagnostics;
using System.Globalization;
using Nexus.Testing;

namespace Nexus.Bundle.Tests;

/// <summary>
/// A machine of its own: this one's files under a layer that goes with it, its own systemd, network and processes. It has booted
/// when <see cref="BootAsync"/> ends.
/// </summary>
internal sealed class Machine : IAsyncDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(20);

    private readonly string _layer = Directory.CreateTempSubdirectory("nexus-bundle-").FullName;
    private readonly MachineKind _kind;
    private Process? _container;
    private string _leader = "";
    private bool _mounted;

    private Machine(MachineKind kind) => _kind = kind;

    /// <summary>Its files, seen from here.</summary>
    public string Root => Path.Combine(_layer, "root");

    /// <summary>Its first process, seen from here; its network is that one's.</summary>
    public string Leader => _leader;

    /// <summary>Boots one without an interface but the loopback.</summary>
    public static async Task<Machine> BootAsync(MachineKind kind, CancellationToken cancellationToken)
    {
        var machine = new Machine(kind);
        try
        {
            await machine.MountAsync(cancellationToken);
            machine.Start();
            await machine.WaitUntilBootedAsync(cancellationToken);
            if (kind.HasDocker)
            {
                await InnerEngine.StartAsync(machine, kind.Name, cancellationToken);
            }

            return machine;
        }
        catch
        {
            await machine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a program in it, with nothing of our own environment.</summary>
    public Task<CommandResult> TryAsync(string[] command, CancellationToken cancellationToken) => Command.RunAsync(
        "nsenter",
        [$"--target={_leader}", "--all", "env", "-i", "HOME=/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", .. command],
        cancellationToken);

    /// <summary>Runs a program in it that has to succeed.</summary>
    public async Task<string> RunAsync(string[] command, CancellationToken cancellationToken) =>
        (await TryAsync(command, cancellationToken)).Must(string.Join(' ', command));

    /// <summary>Runs a line of shell in it that has to succeed.</summary>
    public Task<string> ShellAsync(string line, CancellationToken cancellationToken) =>
        RunAsync(["bash", "-o", "pipefail", "-c", line], cancellationToken);

    /// <summary>What a server answers to somebody on it, head and all; empty when it does not.</summary>
    public async Task<string> GetAsync(string host, int port, string path, CancellationToken cancellationToken) => (await TryAsync(["timeout", "5", "bash", "-c",
        $"exec 3<>/dev/tcp/{host}/{port.ToString(CultureInfo.InvariantCulture)} && printf 'GET {path} HTTP/1.0\\r\\nHost: x\\r\\n\\r\\n' >&3 && cat <&3"], cancellationToken)).Output;

    /// <summary>Asks until the answer is yes; a timeout says what did not come, and shows the journal.</summary>
    public async Task WaitAsync(string what, TimeSpan limit, Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > limit)
            {
                throw new TimeoutException($"Not within {limit}: {what}.\n{await JournalAsync(CancellationToken.None)}");
            }

            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>The end of its journal.</summary>
    public async Task<string> JournalAsync(CancellationToken cancellationToken) =>
        (await TryAsync(["journalctl", "--no-pager", "--lines=80", "--output=short"], cancellationToken)).All;

    /// <summary>As when its power fails; its journal is kept.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        if (_leader.Length == 0)
        {
            return;
        }

        await KeepJournalAsync();
        await Command.MustAsync("kill", ["-KILL", _leader], cancellationToken);
        _leader = "";
        await _container!.WaitForExitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_container is not null)
        {
            await KeepJournalAsync();
            await TurnOffAsync(_container);
            _container.Dispose();
            InnerEngine.RemoveGroups(_kind.Name);
        }

        if (_mounted)
        {
            await Command.RunAsync("umount", ["--recursive", "--lazy", _layer], CancellationToken.None);
        }

        Directory.Delete(_layer, recursive: true);
    }

    private async Task MountAsync(CancellationToken cancellationToken)
    {
        // The layer lies in memory: an overlay may lie on this machine's own root, where another cannot.
        await Command.MustAsync("mount", ["-t", "tmpfs", "-o", "size=6g,mode=0755", "nexus-bundle", _layer], cancellationToken);
        _mounted = true;
        foreach (var folder in (string[])["upper", "work", "root", "docker"])
        {
            Directory.CreateDirectory(Path.Combine(_layer, folder));
        }

        await Command.MustAsync("mount", ["-t", "overlay", "-o",
            $"lowerdir=/,upperdir={Path.Combine(_layer, "upper")},workdir={Path.Combine(_layer, "work")}", "overlay", Root], cancellationToken);

        // Nothing of what this machine keeps or starts is the other's.
        foreach (var leftover in (string[])["opt/nexus", "etc/nexus", "var/lib/nexus", "var/lib/consul", "var/log/nexus", "var/log/journal", "etc/docker"])
        {
            if (Directory.Exists(Path.Combine(Root, leftover)))
            {
                Directory.Delete(Path.Combine(Root, leftover), recursive: true);
            }
        }

        await File.WriteAllTextAsync(Path.Combine(Root, "etc", "machine-id"), Guid.NewGuid().ToString("n") + "\n", cancellationToken);
        foreach (var unit in (string[])["systemd-networkd-wait-online.service", "systemd-firstboot.service", "docker.service", "docker.socket"])
        {
            var path = Path.Combine(Root, "etc", "systemd", "system", unit);
            File.Delete(path);
            File.CreateSymbolicLink(path, "/dev/null");
        }
    }

    private void Start()
    {
        var start = new ProcessStartInfo(
            "systemd-nspawn",
            [
                "--quiet", $"--directory={Root}", "--boot", "--register=no", "--keep-unit", "--private-network", "--console=pipe",
                $"--machine={_kind.Name}", .. _kind.HasDocker ? InnerEngine.Rights(Path.Combine(_layer, "docker")) : [],
                .. _kind.Shared.Select(it => $"--bind-ro={it.Here}:{it.There}"), "systemd.unit=basic.target",
            ])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _container = Process.Start(start)!;
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
        _container.OutputDataReceived += static (_, _) => { };
        _container.ErrorDataReceived += static (_, _) => { };
        _container.BeginOutputReadLine();
        _container.BeginErrorReadLine();
    }

    private async Task WaitUntilBootedAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (_container!.HasExited)
            {
                throw new InvalidOperationException($"systemd-nspawn left with {_container.ExitCode}; run it by hand on {Root} to see why.");
            }

            _leader = FindLeader(_container.Id);
            if (_leader.Length > 0)
            {
                var state = await TryAsync(["systemctl", "is-system-running"], cancellationToken);
                if (state.Output.Trim() is "running" or "degraded")
                {
                    return;
                }
            }

            if (Stopwatch.GetElapsedTime(started) > BootLimit)
            {
                throw new TimeoutException($"The machine did not boot within {BootLimit}.");
            }

            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>The container's first process: the child of nspawn.</summary>
    private static string FindLeader(int nspawn)
    {
        try
        {
            return File.ReadAllText($"/proc/{nspawn.ToString(CultureInfo.InvariantCulture)}/task/{nspawn.ToString(CultureInfo.InvariantCulture)}/children").Split(' ')[0].Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private async Task KeepJournalAsync()
    {
        if (_leader.Length == 0)
        {
            return;
        }

        var journal = await TryAsync(["journalctl", "--no-pager", "--output=short-monotonic"], CancellationToken.None);
        var folder = Directory.CreateDirectory(Path.Combine(RepositoryRoot.Path, "artifacts", "bundle")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, $"{_kind.Name[.._kind.Name.LastIndexOf('-')]}.log"), journal.All, CancellationToken.None);
    }

    private async Task TurnOffAsync(Process container)
    {
        // systemd's own signal for an orderly halt, to the first process of the container. Containers in it would take their time.
        if (_leader.Length > 0 && !_kind.HasDocker)
        {
            await Command.RunAsync("kill", ["-s", "RTMIN+3", _leader], CancellationToken.None);
            using var limit = new CancellationTokenSource(ShutdownLimit);
            try
            {
                await container.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                // It is killed below.
            }
        }

        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        if (!container.HasExited)
        {
            container.Kill(entireProcessTree: true);
            await container.WaitForExitAsync(CancellationToken.None);
        }
    }

    private void KillAtExit(object? sender, EventArgs arguments) => _container?.Kill(entireProcessTree: true);
}
