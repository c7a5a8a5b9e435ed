namespace Nexus.Cli.Push;

/// <summary>Commands on machines, and the folder there from which install.sh is run.</summary>
internal sealed class PushStaging(PushPlan plan, SystemSsh ssh)
{
    public const string Folder = "/var/tmp/nexus-push";

    /// <summary>Runs a command on a machine; gives its exit code.</summary>
    public Task<int> RunAsync(PushTarget target, string command, CancellationToken cancellationToken) =>
        ssh.RunAsync(target, command, input: null, cancellationToken);

    /// <summary>What makes a command on a machine one of root's.</summary>
    public string Sudo(PushTarget target)
    {
        var user = target.Destination is { } destination && destination.Contains('@') ? destination.Split('@')[0] : plan.Bundle.SshUser;
        return user == "root" ? "" : "sudo -n ";
    }

    /// <summary>Sends all that a machine needs; says what could not be sent.</summary>
    public async Task<string?> SendAsync(PushTarget target, CancellationToken cancellationToken)
    {
        var machine = target.Machine;
        if (await RunAsync(target, $"umask 077 && {Sudo(target)}rm -rf {Folder} && mkdir {Folder}", cancellationToken) is not 0 and var refused)
        {
            return $"{Folder} cannot be made there (exit code {refused})";
        }

        List<(string From, string To)> folders =
            [(plan.Bundle.FolderOf(machine), Folder), (Path.Combine(plan.Secrets, machine.Name), $"{Folder}/secrets")];
        if (plan.Bundle.NeedsBinaries)
        {
            folders.Add((plan.Binaries, $"{Folder}/bin"));
        }

        foreach (var (from, to) in folders)
        {
            var code = await ssh.RunAsync(
                target, $"mkdir -p {to} && tar --no-same-owner -xzf - -C {to}", (stream, token) => FolderArchive.WriteAsync(from, stream, token), cancellationToken);
            if (code != 0)
            {
                return $"{from} could not be sent (exit code {code})";
            }
        }

        return await SendConsulAsync(target, cancellationToken);
    }

    private async Task<string?> SendConsulAsync(PushTarget target, CancellationToken cancellationToken)
    {
        if (!plan.Bundle.NeedsBinaries || plan.Consul is not { } program)
        {
            return null;
        }

        var code = await ssh.RunAsync(target, $"cat >{Folder}/consul/consul && chmod +x {Folder}/consul/consul", async (stream, token) =>
        {
            await using var file = File.OpenRead(program);
            await file.CopyToAsync(stream, token);
        }, cancellationToken);
        return code == 0 ? null : $"{program} could not be sent (exit code {code})";
    }

    /// <summary>Removes it, with the secrets in it.</summary>
    public Task ClearAsync(PushTarget target, CancellationToken cancellationToken) =>
        RunAsync(target, $"{Sudo(target)}rm -rf {Folder}", cancellationToken);
}
