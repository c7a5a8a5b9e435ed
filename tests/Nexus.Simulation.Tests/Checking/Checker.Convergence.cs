namespace Nexus.Simulation.Tests.Checking;

/// <summary>Whether the cluster is as it was asked to be.</summary>
internal sealed partial class Checker
{
    /// <summary>Null when it is; else what is missing.</summary>
    public string? Missing() =>
        _pools.Values.Select(MissingOf).FirstOrDefault(m => m is not null) ?? MissingOnNodes() ?? _places.Select(MissingOf).FirstOrDefault(m => m is not null);

    private string? MissingOf(PoolWatch pool)
    {
        if (pool.IsRemoved)
        {
            return MissingOfRemoved(pool);
        }

        var rollout = _rollouts.GetValueOrDefault(pool.Name);
        var givenUp = rollout?.Phase is "RolledBack" or "Failed" or "RollingBack";
        if (pool.Shape.Broken && !givenUp && rollout is not null)
        {
            return $"{pool.Name} is {rollout.Phase} though its image is broken";
        }

        if (rollout is { Phase: "RollingBack" or "Progressing" or "Switched" or "Paused" })
        {
            return $"the rollout of {pool.Name} is {rollout.Phase}";
        }

        var image = givenUp && rollout!.StableImage is { Length: > 0 } stable ? stable : pool.Shape.Image;
        if (givenUp && rollout!.StableImage is null)
        {
            return null;
        }

        var running = RunningOf(pool.Name).Where(w => !w.Paused).ToList();
        if (running.Exists(w => w.Image != image))
        {
            return $"{pool.Name} still runs {running.First(w => w.Image != image).Image} beside {image}";
        }

        if (running.Count != pool.Shape.Replicas)
        {
            return $"{pool.Name} runs {running.Count} replicas; {pool.Shape.Replicas} are wanted";
        }

        var available = Available(pool.Name);
        return available < pool.Shape.Replicas ? $"{available} of {pool.Shape.Replicas} replicas of {pool.Name} serve" : null;
    }

    /// <summary>A pool that the spec has no more is gone, unless a route had to stay with it.</summary>
    private string? MissingOfRemoved(PoolWatch pool)
    {
        if (IsHome(pool))
        {
            var least = LeastOf(pool);
            return least > 0 && Available(pool.Name) is var serve && serve < least ? $"{serve} of {pool.Name} serve, where a route stays; {least} are promised" : null;
        }

        return _desired.Values.Any(node => node.Allocations.Any(a => a.Pool == pool.Name)) ? $"{pool.Name} is not gone though the spec has it no more" : null;
    }

    /// <summary>A route leads where the spec says, if that serves, and where it led before if not.</summary>
    private string? MissingOf(RoutePlace place)
    {
        var asked = Answers(place.Asked);
        if ((!asked && !Answers(place.Home)) || (asked && IsStuck))
        {
            return null;
        }

        var expected = asked ? place.Asked : place.Home;
        return Live.Select(g => (g.Name, Pool: g.LeadsTo(place.Host, place.Path))).FirstOrDefault(g => g.Pool != expected) is { Name: { } gateway } wrong
            ? $"{place} leads to {wrong.Pool ?? "nothing"} at {gateway}, not to {expected}" + (asked ? ", which the spec asks for" : ", as before")
            : null;
    }

    // Without their record routes wait for all pools of the spec together.
    private bool IsStuck => !_faults.Records.IsWell("nexus/routes") && _places.Any(place => !Answers(place.Asked));

    private bool Answers(string pool) => RunningOf(pool).Any(w => w.Answers && w.Machine.Up);

    private string? MissingOnNodes()
    {
        foreach (var assignment in _desired.Values)
        {
            if (assignment.Allocations.FirstOrDefault(a => a.Desired == "Stop") is { } leaving)
            {
                return $"{leaving.Id} is still to be stopped on {assignment.Node}";
            }

            if (_faults.Drained.Contains(assignment.Node) && assignment.Allocations.Count > 0)
            {
                return $"{assignment.Node} is not empty though it is drained";
            }
        }

        var assigned = _desired.Values.SelectMany(a => a.Allocations).Select(a => a.Id).ToHashSet(StringComparer.Ordinal);
        var stray = _cluster.Network.Engines.Values.SelectMany(e => e.Workloads).FirstOrDefault(w => w.Running && !assigned.Contains(w.Allocation));
        return stray is null ? null : $"{stray.Id} runs though nobody wants it";
    }
}
