namespace Nexus.Cli.Push;

/// <summary>What a push is asked for.</summary>
/// <param name="Bundle">The bundle.</param>
/// <param name="Targets">The machines, in the order of a rollout.</param>
/// <param name="Back">Whether they go back to the release before, in the reverse order.</param>
/// <param name="Drains">Whether workers are drained first.</param>
/// <param name="Secrets">Folder of the machines' secrets.</param>
/// <param name="Binaries">Folder of the programs, as eng/publish.sh makes it.</param>
/// <param name="Consul">A Consul program for machines that have none; null for none.</param>
/// <param name="Accepted">Checks that install.sh shall accept; empty for none.</param>
internal sealed record PushPlan(
    PushBundle Bundle, IReadOnlyList<PushTarget> Targets, bool Back, bool Drains, string Secrets, string Binaries, string? Consul,
    string Accepted)
{
    /// <summary>The release before, on a machine.</summary>
    public const string Previous = "/opt/nexus/previous";

    /// <summary>The machines in the order in which they are dealt with.</summary>
    public IEnumerable<PushTarget> InOrder => Back ? Targets.Reverse() : Targets;

    /// <summary>The only worker keeps its replicas, which outlive the restart of the agent: there is nowhere else for them.</summary>
    public bool NeedsDrain(PushMachine machine) => Drains && machine.IsWorker && Bundle.Machines.Count(m => m.IsWorker) > 1;

    /// <summary>What would be done, a line each.</summary>
    public IEnumerable<(string Machine, string Line)> Describe()
    {
        foreach (var target in InOrder)
        {
            var name = target.Machine.Name;
            var drained = NeedsDrain(target.Machine);
            if (!Back)
            {
                yield return (name, $"would send nodes/{name} to {target.Destination ?? target.Machine.Address} and have it checked (install.sh --check)");
            }

            if (drained)
            {
                yield return (name, "would drain it and wait until it is empty");
            }

            yield return (name, Back ? $"would run {Previous}/install.sh" : $"would run install.sh of {Bundle.Version}");
            if (drained)
            {
                yield return (name, "would put it back to use");
            }
        }
    }
}

/// <summary>How far a push came.</summary>
/// <param name="Done">Machines that are where they should be.</param>
/// <param name="Failed">The one at which it stopped; null when it came to its end.</param>
/// <param name="Reason">Why it stopped.</param>
/// <param name="Drained">Whether that one is out of use.</param>
/// <param name="Untouched">Machines that nothing was done to.</param>
internal sealed record PushOutcome(
    IReadOnlyList<string> Done, string? Failed, string? Reason, bool Drained, IReadOnlyList<string> Untouched);
