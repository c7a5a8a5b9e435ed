using System.Diagnostics.CodeAnalysis;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Pipelines;

/// <summary>What all steps of a pipeline work with.</summary>
/// <param name="model">The declared application.</param>
/// <param name="executionContext">Why it is evaluated.</param>
/// <param name="serviceProvider">The application's services.</param>
/// <param name="logger">Tells the user.</param>
/// <param name="cancellationToken">Gives up.</param>
[Experimental(ExperimentalPipelines.Id, UrlFormat = ExperimentalPipelines.Url)]
public sealed class PipelineContext(
    DistributedApplicationModel model,
    DistributedApplicationExecutionContext executionContext,
    IServiceProvider serviceProvider,
    ILogger logger,
    CancellationToken cancellationToken)
{
    /// <summary>The declared application.</summary>
    public DistributedApplicationModel Model { get; } = model;

    /// <summary>Why it is evaluated.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    /// <summary>The application's services.</summary>
    public IServiceProvider Services { get; } = serviceProvider;

    /// <summary>Tells the user.</summary>
    public ILogger Logger { get; internal set; } = logger;

    /// <summary>Gives up.</summary>
    public CancellationToken CancellationToken { get; set; } = cancellationToken;
}

/// <summary>What a step works with.</summary>
[Experimental(ExperimentalPipelines.Id, UrlFormat = ExperimentalPipelines.Url)]
public sealed class PipelineStepContext
{
    /// <summary>What all steps of the pipeline work with.</summary>
    public required PipelineContext PipelineContext { get; init; }

    /// <summary>The declared application.</summary>
    public DistributedApplicationModel Model => PipelineContext.Model;

    /// <summary>Why it is evaluated.</summary>
    public DistributedApplicationExecutionContext ExecutionContext => PipelineContext.ExecutionContext;

    /// <summary>The application's services.</summary>
    public IServiceProvider Services => PipelineContext.Services;

    /// <summary>Tells the user, in the name of the step.</summary>
    public ILogger Logger => PipelineContext.Logger;

    /// <summary>Gives up.</summary>
    public CancellationToken CancellationToken => PipelineContext.CancellationToken;
}

/// <summary>What the steps of a resource are made from.</summary>
[Experimental(ExperimentalPipelines.Id, UrlFormat = ExperimentalPipelines.Url)]
public class PipelineStepFactoryContext
{
    /// <summary>What all steps of the pipeline work with.</summary>
    public required PipelineContext PipelineContext { get; init; }

    /// <summary>The resource that brings the steps.</summary>
    public required IResource Resource { get; init; }
}
