using System.Diagnostics.CodeAnalysis;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Pipelines;

/// <summary>The steps that publishing the application goes through.</summary>
[Experimental(ExperimentalPipelines.Id, UrlFormat = ExperimentalPipelines.Url)]
public interface IDistributedApplicationPipeline
{
    /// <summary>Adds a step.</summary>
    /// <param name="name">Unique within the pipeline.</param>
    /// <param name="action">What it does; throwing fails it.</param>
    /// <param name="dependsOn">A name, or names, of the steps that must have ended before.</param>
    /// <param name="requiredBy">A name, or names, of the steps that must not begin before this one has ended.</param>
    void AddStep(string name, Func<PipelineStepContext, Task> action, object? dependsOn = null, object? requiredBy = null);

    /// <summary>Adds a step.</summary>
    /// <param name="step">The step.</param>
    void AddStep(PipelineStep step);

    /// <summary>Carries out the steps that the command line asks for, each after those it depends on; the first that fails ends it.</summary>
    /// <param name="context">What the steps work with.</param>
    Task ExecuteAsync(PipelineContext context);
}

/// <summary>The names of the steps that every pipeline has.</summary>
[Experimental(ExperimentalPipelines.Id, UrlFormat = ExperimentalPipelines.Url)]
public static class WellKnownPipelineSteps
{
    /// <summary>All files have been written.</summary>
    public const string Publish = "publish";

    /// <summary>What has to be right before anything is written.</summary>
    public const string PublishPrereq = "publish-prereq";
}

/// <summary>Says where a step writes.</summary>
[Experimental(ExperimentalPipelines.OutputId, UrlFormat = ExperimentalPipelines.Url)]
public interface IPipelineOutputService
{
    /// <summary>The folder that the published files go into; it exists.</summary>
    string GetOutputDirectory();

    /// <summary>The folder for the files of one resource, where several publish their own.</summary>
    /// <param name="resource">The resource.</param>
    string GetOutputDirectory(IResource resource);
}

/// <summary>Marks what Aspire marks so, that an AppHost says the same on either engine.</summary>
internal static class ExperimentalPipelines
{
    public const string Id = "ASPIREPIPELINES001";
    public const string OutputId = "ASPIREPIPELINES004";
    public const string Url = "https://aka.ms/aspire/diagnostics/{0}";
}
