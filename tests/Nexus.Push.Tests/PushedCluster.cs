using Nexus.Bundle.Tests;
using Nexus.Manifests;
using Nexus.Testing;
using Machine = Nexus.Bundle.Tests.Machine;

namespace Nexus.Push.Tests;

/// <summary>
/// Three machines with an SSH server, on a wire with the desk of whoever runs them. Each is Consul server, manager and worker, two are
/// gateways; nothing is installed yet.
/// </summary>
internal sealed class PushedCluster : IAsyncDisposable
{
    private const string Desk = "10.20.0.100";
    private const MachineRoles Usual = MachineRoles.ConsulServer | MachineRoles.Manager | MachineRoles.Worker;

    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-push-").FullName;
    private readonly List<Machine> _machines = [];
    private Wire? _wire;
    private string _programs = "";

    private PushedCluster()
    {
    }

    public static ClusterTopology Topology { get; } = new("trio",
    [
        new("node-1", "10.20.0.11", Usual | MachineRoles.Gateway),
        new("node-2", "10.20.0.12", Usual | MachineRoles.Gateway),
        new("node-3", "10.20.0.13", Usual),
    ]);

    public IReadOnlyList<Machine> Machines => _machines;

    /// <summary>Boots them.</summary>
    /// <param name="yaml">The spec for bundles.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<PushedCluster> BootAsync(string yaml, CancellationToken cancellationToken)
    {
        var cluster = new PushedCluster { _programs = await PublishedPrograms.FindAsync(cancellationToken) };
        try
        {
            await cluster.PrepareDeskAsync(yaml, cancellationToken);
            cluster._wire = await Wire.CreateAsync([("d", Desk)], cancellationToken);
            foreach (var machine in Topology.Machines)
            {
                await cluster.BootOneAsync(machine, cancellationToken);
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Publishes a release; what it is to do differently is seen in its settings.</summary>
    public Task PublishAsync(string version, string yaml, CancellationToken cancellationToken)
    {
        var options = new BundleOptions
        {
            Version = version,
            Architecture = BundleFiles.Arch,
            Runtime = ReplicaRuntime.Process,
            AdminNetworks = [Desk],
            Environment = new Dictionary<string, string> { ["RELEASE"] = version },
        };
        return BundleFiles.WriteAsync(Path.Combine(_folder, version), yaml, Topology, DeploymentTarget.Systemd, options, cancellationToken);
    }

    /// <summary>Makes the secrets, with the published release's own script.</summary>
    public Task MakeSecretsAsync(string version, CancellationToken cancellationToken) =>
        Command.MustAsync("bash", [Path.Combine(_folder, version, "secrets.sh"), "--dir", Path.Combine(_folder, "secrets")], cancellationToken);

    /// <summary>Runs the nexus command at the desk, as it was published.</summary>
    public Task<CommandResult> NexusAsync(string[] arguments, CancellationToken cancellationToken) =>
        _wire!.TryAsync("d", ["env", $"HOME={_folder}", Path.Combine(_programs, "nexus"), .. arguments], cancellationToken);

    /// <summary>Pushes a release.</summary>
    public Task<CommandResult> PushAsync(string version, string[] arguments, CancellationToken cancellationToken) => NexusAsync(
        [
            "push", "--bundle", Path.Combine(_folder, version), "--binaries", _programs, "--consul", ConsulBinary.Path,
            "--secrets", Path.Combine(_folder, "secrets"), "--ssh-config", Path.Combine(_folder, "ssh_config"), "--accept", "clock",
            "--address", $"http://{Topology.Machines[0].Address}:8420", .. arguments,
        ], cancellationToken);

    /// <summary>Runs the release's rollout.sh at the desk.</summary>
    public Task<CommandResult> RolloutAsync(string version, string[] arguments, CancellationToken cancellationToken) => _wire!.TryAsync(
        "d",
        [
            "bash", Path.Combine(_folder, version, "rollout.sh"), "--binaries", _programs, "--consul", ConsulBinary.Path,
            "--secrets", Path.Combine(_folder, "secrets"), "--ssh-config", Path.Combine(_folder, "ssh_config"), "--accept", "clock", .. arguments,
        ], cancellationToken);

    /// <summary>Takes the machines' keys for true, as a person does who has compared them.</summary>
    public async Task KnowHostsAsync(CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        foreach (var (machine, booted) in Topology.Machines.Zip(_machines))
        {
            lines.Add($"{machine.Address} {await File.ReadAllTextAsync(Path.Combine(booted.Root, "etc", "ssh", "ssh_host_ed25519_key.pub"), cancellationToken)}");
        }

        await File.WriteAllTextAsync(Path.Combine(_folder, "known_hosts"), string.Concat(lines), cancellationToken);
    }

    /// <summary>A file at the desk.</summary>
    public async Task<string> WriteAsync(string name, string text, CancellationToken cancellationToken)
    {
        var path = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(path, text, cancellationToken);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_machines.Select(async machine =>
        {
            // Nothing is learned from an orderly halt.
            await machine.KillAsync(CancellationToken.None);
            await machine.DisposeAsync();
        }));
        if (_wire is not null)
        {
            await _wire.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task PrepareDeskAsync(string yaml, CancellationToken cancellationToken)
    {
        await WriteAsync("ssh_config", $"""
            Host *
              IdentityFile {_folder}/key
              IdentitiesOnly yes
              UserKnownHostsFile {_folder}/known_hosts
              GlobalKnownHostsFile none

            """, cancellationToken);
        await WriteAsync("known_hosts", "", cancellationToken);
        await WriteAsync("nexus.yaml", yaml, cancellationToken);
        await Command.MustAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(_folder, "key")], cancellationToken);
    }

    private async Task BootOneAsync(Nexus.Manifests.Machine plan, CancellationToken cancellationToken)
    {
        var machine = await Machine.BootAsync(new MachineKind(MachineKind.NewName(plan.Name)), cancellationToken);
        _machines.Add(machine);
        await _wire!.PlugAsync(machine.Leader, plan.Address, cancellationToken);
        Directory.CreateDirectory(Path.Combine(machine.Root, "srv", "web"));
        await File.WriteAllTextAsync(Path.Combine(machine.Root, "srv", "web", "index.html"), $"served by {plan.Name}\n", cancellationToken);
        var ssh = Directory.CreateDirectory(Path.Combine(machine.Root, "root", ".ssh")).FullName;
        File.Copy(Path.Combine(_folder, "key.pub"), Path.Combine(ssh, "authorized_keys"), overwrite: true);
        await machine.ShellAsync(
            """
            rm -f /root/.bashrc /root/.profile /root/.bash_profile /root/.bash_login
            chmod 700 /root/.ssh && chmod 600 /root/.ssh/authorized_keys
            rm -f /etc/ssh/ssh_host_* && ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
            printf '%s\n' 'HostKey /etc/ssh/ssh_host_ed25519_key' 'UsePAM no' 'PasswordAuthentication no' 'PermitRootLogin prohibit-password' >/etc/ssh/sshd_test
            mkdir -p /run/sshd
            systemd-run --quiet --unit=sshd-test /usr/sbin/sshd -D -f /etc/ssh/sshd_test
            """, cancellationToken);
        await machine.WaitAsync("SSH listens", TimeSpan.FromSeconds(30), async () =>
            (await machine.RunAsync(["ss", "-Hltn"], cancellationToken)).Contains(":22 ", StringComparison.Ordinal), cancellationToken);
    }
}
