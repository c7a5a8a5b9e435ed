using Nexus.Api.V1;

namespace Nexus.Cli.Push;

/// <summary>What a push is asked for.</summary>
/// <param name="Bundle">The bundle.</param>
/// <param name="Targets">The machines, in the order of a rollout.</param>
/// <param name="Back">Whether they go back to the release before, in the reverse order.</param>
/// <param name="Drains">Whether workers are drained first.</param>
/// <param name="Secrets">Folder of the machines' secrets.</param>
/// <param name="Binaries">Folder of the programs.</param>
/// <param name="Accepted">Checks that install.sh shall accept; empty for none.</param>
internal sealed record PushPlan(
    PushBundle Bundle, IReadOnlyList<PushTarget> Targets, bool Back, bool Drains, string Secrets, string Binaries, string Accepted);

/// <summary>How far a push came.</summary>
/// <param name="Done">Machines that are where they should be.</param>
/// <param name="Failed">The one at which it stopped; null when it came to its end.</param>
/// <param name="Reason">Why it stopped.</param>
/// <param name="Drained">Whether that one is out of use.</param>
/// <param name="Untouched">Machines that nothing was done to.</param>
internal sealed record PushOutcome(
    IReadOnlyList<string> Done, string? Failed, string? Reason, bool Drained, IReadOnlyList<string> Untouched);

/// <summary>
/// Brings a bundle to its machines, one at a time: sends it, lets its install.sh check the machine, drains a worker, installs, puts it
/// back to use. The first failure ends it.
/// </summary>
internal sealed class PushRun(PushPlan plan, SystemSsh ssh, PushDrains drains, Action<string, string> say)
{
    private const string Staging = "/var/tmp/nexus-push";
    private const string Previous = "/opt/nexus/previous";
    private bool _isDrained;

    /// <summary>What would be done, a line each.</summary>
    public static IEnumerable<(string Machine, string Line)> Describe(PushPlan plan)
    {
        foreach (var target in InOrder(plan))
        {
            var name = target.Machine.Name;
            var drained = NeedsDrain(plan, target.Machine);
            if (!plan.Back)
            {
                yield return (name, $"would send nodes/{name} to {target.Destination ?? target.Machine.Address} and have it checked (install.sh --check)");
            }

            if (drained)
            {
                yield return (name, "would drain it and wait until it is empty");
            }

            yield return (name, plan.Back ? $"would run {Previous}/install.sh" : $"would run install.sh of {plan.Bundle.Version}");
            if (drained)
            {
                yield return (name, "would put it back to use");
            }
        }
    }

    public async Task<PushOutcome> RunAsync(CancellationToken cancellationToken)
    {
        await ReachAllAsync(cancellationToken);
        if (plan.Drains)
        {
            await drains.AskAsync(cancellationToken);
        }

        var done = new List<string>();
        foreach (var target in InOrder(plan))
        {
            var name = target.Machine.Name;
            _isDrained = false;
            string? reason;
            try
            {
                reason = plan.Back ? await BackAsync(target, cancellationToken) : await InstallAsync(target, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                reason = "interrupted";
            }
            catch (Exception failed) when (failed is CommandFailedException or NexusApiException or IOException or UnauthorizedAccessException)
            {
                reason = failed.Message;
            }

            if (reason is not null)
            {
                return new PushOutcome(done, name, reason, _isDrained, [.. InOrder(plan).Skip(done.Count + 1).Select(t => t.Machine.Name)]);
            }

            done.Add(name);
        }

        return new PushOutcome(done, null, null, false, []);
    }

    private static IEnumerable<PushTarget> InOrder(PushPlan plan) => plan.Back ? plan.Targets.Reverse() : plan.Targets;

    // The only worker keeps its replicas, which outlive the restart of the agent: there is nowhere else for them.
    private static bool NeedsDrain(PushPlan plan, PushMachine machine) =>
        plan.Drains && machine.IsWorker && plan.Bundle.Machines.Count(m => m.IsWorker) > 1;

    // Nothing is touched before every machine can be reached.
    private async Task ReachAllAsync(CancellationToken cancellationToken)
    {
        var unreachable = new List<string>();
        foreach (var target in plan.Targets)
        {
            if (await OnAsync(target, $"{Sudo(target)}true", cancellationToken) != 0)
            {
                unreachable.Add($"{target.Machine.Name} ({target.Destination ?? target.Machine.Address})");
            }
        }

        if (unreachable.Count > 0)
        {
            throw new CommandFailedException(ExitCode.Failure, $"cannot log in at {string.Join(", ", unreachable)}. Nothing was changed. "
                + "Is the host's key known (ssh-keyscan is for you to judge, or --accept-new-host-keys), and yours on the host?");
        }
    }

    private async Task<string?> InstallAsync(PushTarget target, CancellationToken cancellationToken)
    {
        say(target.Machine.Name, "sending");
        if (await StageAsync(target, cancellationToken) is { } unsent)
        {
            return unsent;
        }

        var install = $"{Sudo(target)}{Staging}/install.sh{plan.Accepted}";
        if (await OnAsync(target, $"{install} --check", cancellationToken) is not 0 and var refused)
        {
            return $"its checks refuse (exit code {refused})";
        }

        await DrainAsync(target.Machine, cancellationToken);
        if (await OnAsync(target, install, cancellationToken) is not 0 and var failed)
        {
            return $"install.sh failed (exit code {failed})";
        }

        await OnAsync(target, $"{Sudo(target)}rm -rf {Staging}", cancellationToken);
        await UncordonAsync(target.Machine, cancellationToken);
        return null;
    }

    private async Task<string?> BackAsync(PushTarget target, CancellationToken cancellationToken)
    {
        if (await OnAsync(target, $"test -e {Previous}", cancellationToken) != 0)
        {
            return "it has no earlier release";
        }

        await DrainAsync(target.Machine, cancellationToken);
        if (await OnAsync(target, $"{Sudo(target)}$(readlink -f {Previous})/install.sh{plan.Accepted}", cancellationToken) is not 0 and var failed)
        {
            return $"its earlier install.sh failed (exit code {failed})";
        }

        await UncordonAsync(target.Machine, cancellationToken);
        return null;
    }

    private async Task<string?> StageAsync(PushTarget target, CancellationToken cancellationToken)
    {
        var machine = target.Machine;
        if (await OnAsync(target, $"umask 077 && {Sudo(target)}rm -rf {Staging} && mkdir {Staging}", cancellationToken) is not 0 and var refused)
        {
            return $"{Staging} cannot be made there (exit code {refused})";
        }

        List<(string From, string To)> folders =
            [(plan.Bundle.FolderOf(machine), Staging), (Path.Combine(plan.Secrets, machine.Name), $"{Staging}/secrets")];
        if (plan.Bundle.NeedsBinaries)
        {
            folders.AddRange(machine.Parts.Select(part => (Path.Combine(plan.Binaries, part), $"{Staging}/bin/{part}")));
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

    // Where the bundle brings Consul along, as one program.
    private async Task<string?> SendConsulAsync(PushTarget target, CancellationToken cancellationToken)
    {
        var program = Path.Combine(plan.Binaries, "consul");
        if (!plan.Bundle.NeedsBinaries || !File.Exists(program))
        {
            return null;
        }

        var code = await ssh.RunAsync(target, $"cat >{Staging}/bin/consul && chmod +x {Staging}/bin/consul", async (stream, token) =>
        {
            await using var file = File.OpenRead(program);
            await file.CopyToAsync(stream, token);
        }, cancellationToken);
        return code == 0 ? null : $"{program} could not be sent (exit code {code})";
    }

    private async Task DrainAsync(PushMachine machine, CancellationToken cancellationToken)
    {
        if (NeedsDrain(plan, machine))
        {
            _isDrained = await drains.TryBeginAsync(machine.Name, plan.Bundle.Version, cancellationToken);
            if (_isDrained)
            {
                await drains.WaitAsync(machine.Name, plan.Bundle.Version, cancellationToken);
            }
        }
    }

    private async Task UncordonAsync(PushMachine machine, CancellationToken cancellationToken)
    {
        if (NeedsDrain(plan, machine))
        {
            await drains.EndAsync(machine.Name, cancellationToken);
            _isDrained = false;
        }
    }

    private Task<int> OnAsync(PushTarget target, string command, CancellationToken cancellationToken) =>
        ssh.RunAsync(target, command, input: null, cancellationToken);

    private string Sudo(PushTarget target)
    {
        var user = target.Destination is { } destination && destination.Contains('@') ? destination.Split('@')[0] : plan.Bundle.SshUser;
        return user == "root" ? "" : "sudo -n ";
    }
}
