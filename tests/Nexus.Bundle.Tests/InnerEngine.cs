namespace Nexus.Bundle.Tests;

/// <summary>A Docker Engine inside a machine: in its network, among its processes, with its own images.</summary>
internal static class InnerEngine
{
    private const string Groups = "/sys/fs/cgroup";

    /// <summary>What nspawn must allow for it. Its images lie beside the machine's files: an overlay cannot lie on an overlay.</summary>
    public static string[] Rights(string folder) =>
        [$"--bind={folder}:/var/lib/docker", "--capability=all", "--system-call-filter=add_key keyctl bpf"];

    public static async Task StartAsync(Machine machine, string name, CancellationToken cancellationToken)
    {
        // With the old control groups the machine sees this one's, and nspawn lets it look only.
        var isOld = !File.Exists($"{Groups}/cgroup.controllers");
        if (isOld)
        {
            await machine.ShellAsync($"for it in {Groups}/*; do mount -o remount,rw $it 2>/dev/null || mount -o remount,rw,bind $it; done", cancellationToken);
        }

        var parent = isOld ? $" --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent=/{name}" : "";
        await machine.ShellAsync(
            $$"""
            rm -f /etc/systemd/system/docker.service
            cat >/etc/systemd/system/docker.service <<'END'
            [Service]
            Type=notify
            ExecStart=/usr/sbin/dockerd --host=unix:///run/docker.sock{{parent}}
            TimeoutStartSec=90
            Restart=always
            Delegate=yes
            KillMode=process
            END
            systemctl daemon-reload
            systemctl start docker.service
            """, cancellationToken);
    }

    /// <summary>Removes what the engine made among this machine's control groups; its processes are gone.</summary>
    public static void RemoveGroups(string name)
    {
        if (File.Exists($"{Groups}/cgroup.controllers"))
        {
            return;
        }

        foreach (var group in Directory.EnumerateDirectories(Groups).Select(controller => Path.Combine(controller, name)).Where(Directory.Exists))
        {
            foreach (var folder in Directory.EnumerateDirectories(group, "*", SearchOption.AllDirectories).OrderByDescending(it => it.Length).Append(group))
            {
                try
                {
                    // Not recursive: the files in it are the kernel's.
                    Directory.Delete(folder);
                }
                catch (IOException)
                {
                    // A process takes a moment to leave; an empty group costs nothing.
                }
            }
        }
    }
}
