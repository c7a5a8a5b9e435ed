using Aspire.Hosting;
using Aspire.Hosting.Pipelines;

namespace Nexus.Hosting.Engine.Publishing;

/// <summary>Which steps are carried out, in which order.</summary>
internal static class StepOrder
{
    /// <summary>
    /// The wanted step and all that must come before it, each after those it depends on; of steps that could both come next, the
    /// one that was added first. A name that is taken, missing or part of a circle is refused.
    /// </summary>
    public static IReadOnlyList<PipelineStep> Compute(IReadOnlyList<PipelineStep> steps, string wanted)
    {
        var before = Dependencies(steps);
        if (!before.ContainsKey(wanted))
        {
            throw new DistributedApplicationException(
                $"--step: there is no step '{wanted}'; there are: {string.Join(", ", steps.Select(s => s.Name).Order(StringComparer.Ordinal))}.");
        }

        var needed = new HashSet<string>(StringComparer.Ordinal);
        Need(wanted);
        var ordered = new List<PipelineStep>();
        var done = new HashSet<string>(StringComparer.Ordinal);
        while (ordered.Count < needed.Count)
        {
            var next = steps.FirstOrDefault(s => needed.Contains(s.Name) && !done.Contains(s.Name) && before[s.Name].All(done.Contains))
                ?? throw new DistributedApplicationException(
                    $"The steps {string.Join(", ", needed.Except(done, StringComparer.Ordinal).Order(StringComparer.Ordinal))} wait for each other.");
            ordered.Add(next);
            done.Add(next.Name);
        }

        return ordered;

        void Need(string name)
        {
            if (needed.Add(name))
            {
                before[name].ForEach(Need);
            }
        }
    }

    private static Dictionary<string, List<string>> Dependencies(IReadOnlyList<PipelineStep> steps)
    {
        var before = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var step in steps)
        {
            if (!before.TryAdd(step.Name, [.. step.DependsOnSteps]))
            {
                throw new DistributedApplicationException($"There are two steps '{step.Name}'.");
            }
        }

        foreach (var step in steps)
        {
            foreach (var later in step.RequiredBySteps)
            {
                Known(step, later).Add(step.Name);
            }

            step.DependsOnSteps.ForEach(earlier => Known(step, earlier));
        }

        return before;

        List<string> Known(PipelineStep step, string name) => before.GetValueOrDefault(name) ?? throw new DistributedApplicationException(
            $"The step '{step.Name}' names a step '{name}', which does not exist; there are: {string.Join(", ", before.Keys.Order(StringComparer.Ordinal))}.");
    }
}
