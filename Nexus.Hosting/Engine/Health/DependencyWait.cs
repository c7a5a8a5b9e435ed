using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Nexus.Hosting.Engine.Health;

/// <summary>Waits for what a resource was declared to wait for.</summary>
internal sealed class DependencyWait(ResourceNotificationService notifications)
{
    /// <summary>Returns when every dependency has come far enough; throws when one cannot any more.</summary>
    public Task ForAllAsync(IResource resource, CancellationToken cancellationToken) =>
        Task.WhenAll(resource.Annotations.OfType<WaitAnnotation>().Select(wait => ForAsync(wait, cancellationToken)));

    private async Task ForAsync(WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var name = wait.Resource.Name;
        var behavior = wait.WaitBehavior ?? WaitBehavior.StopOnResourceUnavailable;
        switch (wait.WaitType)
        {
            case WaitType.WaitUntilHealthy:
                await OrSayWhatForAsync(notifications.WaitForAllAsync(name, ResourceCondition.IsHealthy, behavior, cancellationToken));
                break;
            case WaitType.WaitUntilStarted:
                await OrSayWhatForAsync(notifications.WaitForAllAsync(name, ResourceCondition.IsStarted, behavior, cancellationToken));
                break;
            case WaitType.WaitForCompletion:
                await ForCompletionAsync(wait, cancellationToken);
                break;
        }
    }

    private static async Task OrSayWhatForAsync(Task<ResourceEvent> waiting)
    {
        try
        {
            await waiting;
        }
        catch (DistributedApplicationException exception) when (exception.InnerException is ResourceUnavailableException failed)
        {
            // Its reason and its log are shown with it.
            throw new DistributedApplicationException(
                $"it waits for a resource that failed: {failed.Message}", exception);
        }
    }

    private async Task ForCompletionAsync(WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var ended = await notifications.WaitForResourceAsync(
            wait.Resource.Name, change => ResourceCondition.HasEnded(change.Snapshot), cancellationToken);
        if (ended.Snapshot.ExitCode != wait.ExitCode)
        {
            throw new DistributedApplicationException(
                $"it waits for '{wait.Resource.Name}' to end with exit code {wait.ExitCode}, but {ResourceCondition.Summary(ended)}");
        }
    }
}
