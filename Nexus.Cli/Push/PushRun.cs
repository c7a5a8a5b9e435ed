using Nexus.Api.V1;

namespace Nexus.Cli.Push;

/// <summary>
/// Brings a bundle to its machines, one at a time: sends it, lets its install.sh check the machine, drains a worker, installs, puts it
/// back to use. The first failure ends it.
/// </summary>
internal sealed class PushRun(PushPlan plan, SystemSsh ssh, PushDrains drains, Action<string, string> say)
{
    private readonly PushStaging _staging = new(plan, ssh);
    private bool _isDrained;

    public async Task<PushOutcome> RunAsync(CancellationToken cancellationToken)
    {
        await ReachAllAsync(cancellationToken);
        if (plan.Drains)
        {
            await drains.AskAsync(cancellationToken);
        }

        var done = new List<string>();
        foreach (var target in plan.InOrder)
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
                return new PushOutcome(done, name, reason, _isDrained, [.. plan.InOrder.Skip(done.Count + 1).Select(t => t.Machine.Name)]);
            }

            done.Add(name);
        }

        return new PushOutcome(done, null, null, false, []);
    }

    // Nothing is touched before every machine can be reached.
    private async Task ReachAllAsync(CancellationToken cancellationToken)
    {
        var unreachable = new List<string>();
        foreach (var target in plan.Targets)
        {
            if (await _staging.RunAsync(target, $"{_staging.Sudo(target)}true", cancellationToken) != 0)
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
        if (await _staging.SendAsync(target, cancellationToken) is { } unsent)
        {
            return unsent;
        }

        var install = $"{_staging.Sudo(target)}{PushStaging.Folder}/install.sh{plan.Accepted}";
        if (await _staging.RunAsync(target, $"{install} --check", cancellationToken) is not 0 and var refused)
        {
            return $"its checks refuse (exit code {refused})";
        }

        await DrainAsync(target.Machine, cancellationToken);
        if (await _staging.RunAsync(target, install, cancellationToken) is not 0 and var failed)
        {
            return $"install.sh failed (exit code {failed})";
        }

        await _staging.ClearAsync(target, cancellationToken);
        await UncordonAsync(target.Machine, cancellationToken);
        return null;
    }

    private async Task<string?> BackAsync(PushTarget target, CancellationToken cancellationToken)
    {
        if (await _staging.RunAsync(target, $"test -e {PushPlan.Previous}", cancellationToken) != 0)
        {
            return "it has no earlier release";
        }

        await DrainAsync(target.Machine, cancellationToken);
        if (await _staging.RunAsync(target, $"{_staging.Sudo(target)}$(readlink -f {PushPlan.Previous})/install.sh{plan.Accepted}", cancellationToken) is not 0 and var failed)
        {
            return $"its earlier install.sh failed (exit code {failed})";
        }

        await UncordonAsync(target.Machine, cancellationToken);
        return null;
    }

    private async Task DrainAsync(PushMachine machine, CancellationToken cancellationToken)
    {
        if (plan.NeedsDrain(machine))
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
        if (plan.NeedsDrain(machine))
        {
            await drains.EndAsync(machine.Name, cancellationToken);
            _isDrained = false;
        }
    }
}
