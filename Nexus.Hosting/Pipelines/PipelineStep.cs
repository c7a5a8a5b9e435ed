using System.Diagnostics.CodeAnalysis;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Pipelines;

/// <summary>A step of a pipeline.</summary>
[Experimental(ExperimentalPipelines.Id, UrlFormat = ExperimentalPipelines.Url)]
public class PipelineStep
{
    /// <summary>Unique within the pipeline.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for, in a sentence for the user.</summary>
    public string? Description { get; init; }

    /// <summary>What it does; throwing fails it.</summary>
    public required Func<PipelineStepContext, Task> Action { get; init; }

    /// <summary>The steps that must have ended before.</summary>
    public List<string> DependsOnSteps { get; init; } = [];

    /// <summary>The steps that must not begin before this one has ended.</summary>
    public List<string> RequiredBySteps { get; init; } = [];

    /// <summary>The resource that brings the step.</summary>
    public IResource? Resource { get; set; }

    /// <summary>Makes another step come first.</summary>
    /// <param name="stepName">The other step.</param>
    public void DependsOn(string stepName) => DependsOnSteps.Add(stepName);

    /// <summary>Makes another step wait for this one.</summary>
    /// <param name="stepName">The other step.</param>
    public void RequiredBy(string stepName) => RequiredBySteps.Add(stepName);
}

/// <summary>Lets a resource bring steps of its own.</summary>
[Experimental(ExperimentalPipelines.Id, UrlFormat = ExperimentalPipelines.Url)]
public class PipelineStepAnnotation : IResourceAnnotation
{
    private readonly Func<PipelineStepFactoryContext, Task<IEnumerable<PipelineStep>>> _factory;

    /// <summary>Brings one step.</summary>
    /// <param name="factory">Makes it.</param>
    public PipelineStepAnnotation(Func<PipelineStepFactoryContext, PipelineStep> factory) =>
        _factory = context => Task.FromResult<IEnumerable<PipelineStep>>([factory(context)]);

    /// <summary>Brings several steps.</summary>
    /// <param name="factory">Makes them.</param>
    public PipelineStepAnnotation(Func<PipelineStepFactoryContext, Task<IEnumerable<PipelineStep>>> factory) => _factory = factory;

    /// <summary>Makes the steps.</summary>
    /// <param name="context">What they are made from.</param>
    public Task<IEnumerable<PipelineStep>> CreateStepsAsync(PipelineStepFactoryContext context) => _factory(context);
}
