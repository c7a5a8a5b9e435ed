using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Eventing;

/// <summary>Something that happened to the application.</summary>
public interface IDistributedApplicationEvent;

/// <summary>Something that happened to one resource.</summary>
public interface IDistributedApplicationResourceEvent : IDistributedApplicationEvent
{
    /// <summary>The resource.</summary>
    IResource Resource { get; }
}

/// <summary>A handler that is called for events.</summary>
/// <param name="callback">The handler.</param>
public class DistributedApplicationEventSubscription(Func<IDistributedApplicationEvent, CancellationToken, Task> callback)
{
    /// <summary>The handler.</summary>
    public Func<IDistributedApplicationEvent, CancellationToken, Task> Callback { get; } = callback;
}

/// <summary>Lets the application's own code take part in its life.</summary>
public interface IDistributedApplicationEventing
{
    /// <summary>Calls the handler for every event of the kind.</summary>
    /// <typeparam name="T">The kind of event.</typeparam>
    /// <param name="callback">The handler; what follows the event waits for it.</param>
    DistributedApplicationEventSubscription Subscribe<T>(Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationEvent;

    /// <summary>Calls the handler for every event of the kind that concerns the resource.</summary>
    /// <typeparam name="T">The kind of event.</typeparam>
    /// <param name="resource">The resource.</param>
    /// <param name="callback">The handler; what follows the event waits for it.</param>
    DistributedApplicationEventSubscription Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationResourceEvent;

    /// <summary>Ends a subscription.</summary>
    /// <param name="subscription">The subscription.</param>
    void Unsubscribe(DistributedApplicationEventSubscription subscription);

    /// <summary>Calls the handlers, one after the other in order of subscription; the first that throws ends it.</summary>
    /// <typeparam name="T">The kind of event.</typeparam>
    /// <param name="event">The event.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default) where T : IDistributedApplicationEvent;
}

internal sealed class DistributedApplicationEventing : IDistributedApplicationEventing
{
    private ImmutableList<(Type Kind, DistributedApplicationEventSubscription Subscription)> _subscriptions = [];

    public DistributedApplicationEventSubscription Subscribe<T>(Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationEvent
    {
        var subscription = new DistributedApplicationEventSubscription((happened, token) => callback((T)happened, token));
        ImmutableInterlocked.Update(ref _subscriptions, (all, added) => all.Add((typeof(T), added)), subscription);
        return subscription;
    }

    public DistributedApplicationEventSubscription Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationResourceEvent =>
        Subscribe<T>((happened, token) => happened.Resource == resource ? callback(happened, token) : Task.CompletedTask);

    public void Unsubscribe(DistributedApplicationEventSubscription subscription) =>
        ImmutableInterlocked.Update(ref _subscriptions, (all, ended) => all.RemoveAll(s => s.Subscription == ended), subscription);

    public async Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default) where T : IDistributedApplicationEvent
    {
        foreach (var (_, subscription) in _subscriptions.Where(s => s.Kind == typeof(T)))
        {
            await subscription.Callback(@event, cancellationToken);
        }
    }
}
