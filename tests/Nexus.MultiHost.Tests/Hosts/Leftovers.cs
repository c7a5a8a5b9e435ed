using System.Globalization;
using Nexus.EndToEnd.Tests;

namespace Nexus.MultiHost.Tests.Hosts;

/// <summary>
/// Removes hosts, known by the names of their namespaces: containers first, then every process in them, mounts, namespaces,
/// files. Serves the end of a run as well as what a crashed run left; a lock keeps two runs of one machine apart.
/// </summary>
internal static class Leftovers
{
    /// <summary>Folder of everything the hosts write; short, for the paths of sockets are limited.</summary>
    public const string Root = "/tmp/nexus-multihost";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Waits for its turn: hosts have fixed names.</summary>
    public static async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        FileStream? held = null;
        await Until.HoldsAsync(
            () =>
            {
                try
                {
                    held = new FileStream(Root + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                }
                catch (IOException)
                {
                    // Another run holds it.
                }

                return Task.FromResult(held is not null);
            },
            TimeSpan.FromMinutes(5), $"{Root}.lock is let go of by another run", () => Task.FromResult(""), cancellationToken);
        return held!;
    }

    /// <summary>Leaves nothing.</summary>
    public static async Task ClearAsync(CancellationToken cancellationToken)
    {
        await RemoveContainersAsync(cancellationToken);
        var networks = await NetworksAsync(cancellationToken);
        foreach (var network in networks)
        {
            await EndProcessesAsync(network, cancellationToken);
        }

        await UnmountAsync(cancellationToken);
        foreach (var network in networks)
        {
            await Command.RunAsync($"ip netns del {network}", cancellationToken);
        }

        if (Directory.Exists(Root))
        {
            Directory.Delete(Root, recursive: true);
        }
    }

    private static async Task<string[]> NetworksAsync(CancellationToken cancellationToken) =>
    [
        .. (await Command.RunAsync("ip netns list", cancellationToken)).Split('\n')
            .Select(line => line.Split(' ')[0]).Where(name => name.StartsWith(NetworkNamespace.Prefix, StringComparison.Ordinal)),
    ];

    /// <summary>Removes the containers of every engine that answers.</summary>
    // An engine that was killed leaves its containers running, out of reach of anyone but another engine on the same data.
    public static async Task RemoveContainersAsync(CancellationToken cancellationToken)
    {
        foreach (var socket in Directory.Exists(Root) ? Directory.GetFiles(Root, "docker.sock", SearchOption.AllDirectories) : [])
        {
            await CommandResult.RunAsync(
                "bash", ["-c", $"timeout 10 docker -H unix://{socket} ps -aq | xargs -r timeout 20 docker -H unix://{socket} rm -f"], cancellationToken);
        }
    }

    private static async Task EndProcessesAsync(string network, CancellationToken cancellationToken)
    {
        foreach (var signal in new[] { LinuxCalls.Sigterm, LinuxCalls.Sigkill })
        {
            foreach (var pid in await ProcessesAsync(network, cancellationToken))
            {
                // The workloads of a shim whose engine is gone live in namespaces of their own.
                foreach (var child in signal == LinuxCalls.Sigkill ? Children(pid) : [])
                {
                    LinuxCalls.TrySignal(child, signal);
                }

                LinuxCalls.TrySignal(pid, signal);
            }

            try
            {
                await Until.HoldsAsync(
                    async () => (await ProcessesAsync(network, cancellationToken)).Length == 0,
                    Patience, $"the processes in {network} end", () => Task.FromResult(""), cancellationToken);
                return;
            }
            catch (TimeoutException) when (signal == LinuxCalls.Sigterm)
            {
                // The next signal cannot be ignored.
            }
        }
    }

    private static async Task<int[]> ProcessesAsync(string network, CancellationToken cancellationToken) =>
    [
        .. (await Command.RunAsync($"ip netns pids {network}", cancellationToken))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture)).Where(IsAlive),
    ];

    // Where nobody reaps them the dead stay listed.
    private static bool IsAlive(int pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Split(')')[^1].StartsWith(" Z", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static int[] Children(int pid)
    {
        try
        {
            return
            [
                .. File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(child => int.Parse(child, CultureInfo.InvariantCulture)),
            ];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static async Task UnmountAsync(CancellationToken cancellationToken)
    {
        var mounts = (await File.ReadAllLinesAsync("/proc/self/mounts", cancellationToken))
            .Select(line => line.Split(' ')[1]).Where(path => path.StartsWith(Root + "/", StringComparison.Ordinal))
            .OrderByDescending(path => path.Length);
        foreach (var mount in mounts)
        {
            await CommandResult.RunAsync("umount", ["-l", mount], cancellationToken);
        }
    }
}
