using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nexus.Hosting.Engine.Publishing;

/// <summary>The steps that were added by the AppHost, and those that its resources bring.</summary>
internal sealed class ApplicationPipeline : IDistributedApplicationPipeline
{
    private readonly List<PipelineStep> _steps =
    [
        new() { Name = WellKnownPipelineSteps.PublishPrereq, Action = static _ => Task.CompletedTask },
        new() { Name = WellKnownPipelineSteps.Publish, Action = static _ => Task.CompletedTask, DependsOnSteps = [WellKnownPipelineSteps.PublishPrereq] },
    ];

    public void AddStep(string name, Func<PipelineStepContext, Task> action, object? dependsOn = null, object? requiredBy = null) =>
        AddStep(new PipelineStep
        {
            Name = name,
            Action = action,
            DependsOnSteps = Names(dependsOn, nameof(dependsOn)),
            RequiredBySteps = Names(requiredBy, nameof(requiredBy)),
        });

    public void AddStep(PipelineStep step) => _steps.Add(step);

    public async Task ExecuteAsync(PipelineContext context)
    {
        var steps = _steps.ToList();
        foreach (var resource in context.Model.Resources)
        {
            foreach (var annotation in resource.Annotations.OfType<PipelineStepAnnotation>())
            {
                steps.AddRange(await annotation.CreateStepsAsync(new PipelineStepFactoryContext { PipelineContext = context, Resource = resource }));
            }
        }

        var wanted = context.Services.GetRequiredService<PublishSettings>().Step;
        var loggers = context.Services.GetRequiredService<ILoggerFactory>();
        foreach (var step in StepOrder.Compute(steps, wanted))
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            context.Logger = loggers.CreateLogger($"Nexus.Hosting.Publish.{step.Name}");
            await step.Action(new PipelineStepContext { PipelineContext = context });
        }
    }

    private static List<string> Names(object? given, string parameter) => given switch
    {
        null => [],
        string name => [name],
        PipelineStep step => [step.Name],
        IEnumerable<string> names => [.. names],
        IEnumerable<PipelineStep> steps => [.. steps.Select(s => s.Name)],
        _ => throw new ArgumentException($"It is a {given.GetType().Name}; allowed are a step's name, a step, or several of them.", parameter),
    };
}
