using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Nexus.Hosting.Engine.Publishing;

/// <summary>Evaluates the application once, to write its files; nothing of it is started.</summary>
internal static class PublishRun
{
    /// <summary>Gives the folder that was written.</summary>
    public static async Task<string> ExecuteAsync(IServiceProvider services, IDistributedApplicationPipeline pipeline, CancellationToken cancellationToken)
    {
        var context = services.GetRequiredService<EngineContext>();
        DeclarationChecks.Require(context);
        var slot = services.GetRequiredService<OutputSlot>();
        using var output = slot.Folder = OutputFolder.Begin(services.GetRequiredService<PublishSettings>().OutputPath);
        await context.Eventing.PublishAsync(new BeforeStartEvent(services, context.Model), cancellationToken);
        await pipeline.ExecuteAsync(new PipelineContext(context.Model, context.ExecutionContext, services, NullLogger.Instance, cancellationToken));
        return output.Commit();
    }
}

/// <summary>Hands the steps the folder of the publish that is under way.</summary>
internal sealed class OutputSlot : IPipelineOutputService
{
    public OutputFolder? Folder { get; set; }

    public string GetOutputDirectory() => Present.GetOutputDirectory();

    public string GetOutputDirectory(IResource resource) => Present.GetOutputDirectory(resource);

    private OutputFolder Present => Folder ?? throw new InvalidOperationException("There is an output folder during a publish only.");
}
