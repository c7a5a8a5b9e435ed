using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// Holds the state of every running copy of every resource, tells watchers of each change, and waits for states.
/// </summary>
public class ResourceNotificationService
{
    private readonly Lock _gate = new();
    private readonly DistributedApplicationModel _model;
    private readonly ResourceLoggerService _logs;
    private readonly IServiceProvider _services;
    private ImmutableDictionary<string, ResourceEvent> _current = ImmutableDictionary.Create<string, ResourceEvent>(StringComparer.OrdinalIgnoreCase);
    private ImmutableList<Channel<ResourceEvent>> _watchers = [];

    internal ResourceNotificationService(DistributedApplicationModel model, ResourceLoggerService logs, IServiceProvider services)
    {
        _services = services;
        _model = model;
        _logs = logs;
    }

    /// <summary>Yields the present state of everything, then every change, in order, until it is cancelled.</summary>
    /// <param name="cancellationToken">Ends the watch.</param>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Unbounded: a bounded one would make a slow watcher hold up the application or miss a state.
        var channel = Channel.CreateUnbounded<ResourceEvent>(new UnboundedChannelOptions { SingleReader = true });
        lock (_gate)
        {
            foreach (var state in _current.Values)
            {
                channel.Writer.TryWrite(state);
            }

            _watchers = _watchers.Add(channel);
        }

        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return change;
            }
        }
        finally
        {
            lock (_gate)
            {
                _watchers = _watchers.Remove(channel);
            }
        }
    }

    /// <summary>Changes the state of every running copy of a resource.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="stateFactory">Makes the new state of the old one; must have no side effect.</param>
    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        foreach (var id in InstanceIds.Of(resource))
        {
            Publish(resource, id, stateFactory);
        }

        return Task.CompletedTask;
    }

    /// <summary>Changes the state of one running copy of a resource.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="resourceId">The running copy.</param>
    /// <param name="stateFactory">Makes the new state of the old one; must have no side effect.</param>
    public Task PublishUpdateAsync(
        IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        Publish(resource, resourceId, stateFactory);
        return Task.CompletedTask;
    }

    /// <summary>The present state of one running copy.</summary>
    /// <param name="resourceId">The running copy.</param>
    /// <param name="resourceEvent">Its state.</param>
    public bool TryGetCurrentState(string resourceId, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ResourceEvent? resourceEvent) =>
        _current.TryGetValue(resourceId, out resourceEvent);

    /// <summary>Waits until any running copy of the resource is in the state.</summary>
    /// <param name="resourceName">The resource, or one running copy.</param>
    /// <param name="targetState">The state; Running when unset.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    /// <summary>Waits until any running copy of the resource is in one of the states, and says in which.</summary>
    /// <param name="resourceName">The resource, or one running copy.</param>
    /// <param name="targetStates">The states.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<string> WaitForResourceAsync(
        string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var wanted = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var found = await WaitForResourceAsync(
            resourceName, e => e.Snapshot.State is { } state && wanted.Contains(state.Text), cancellationToken);
        return found.Snapshot.State!.Text;
    }

    /// <summary>Waits until the predicate holds for a running copy of the resource.</summary>
    /// <param name="resourceName">The resource, or one running copy.</param>
    /// <param name="predicate">What is waited for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        RequireKnown(resourceName);
        await foreach (var change in WatchAsync(cancellationToken))
        {
            if (IsNamed(change, resourceName) && predicate(change))
            {
                return change;
            }
        }

        throw new OperationCanceledException($"The application ended while '{resourceName}' was waited for.");
    }

    /// <summary>Waits until every running copy of the resource is healthy; fails when it ends first.</summary>
    /// <param name="resourceName">The resource, or one running copy.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, WaitBehavior.StopOnResourceUnavailable, cancellationToken);

    /// <summary>Waits until every running copy of the resource is healthy.</summary>
    /// <param name="resourceName">The resource, or one running copy.</param>
    /// <param name="waitBehavior">What to do when it ends first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(
        string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default) =>
        WaitForAllAsync(resourceName, ResourceCondition.IsHealthy, waitBehavior, cancellationToken);

    internal async Task<ResourceEvent> WaitForAllAsync(
        string resourceName, Func<CustomResourceSnapshot, bool> condition, WaitBehavior behavior, CancellationToken cancellationToken)
    {
        RequireKnown(resourceName);
        await foreach (var change in WatchAsync(cancellationToken))
        {
            if (!IsNamed(change, resourceName))
            {
                continue;
            }

            var copies = InstanceIds.Of(change.Resource)
                .Where(id => string.Equals(change.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase)
                    || string.Equals(id, resourceName, StringComparison.OrdinalIgnoreCase))
                .Select(id => _current.GetValueOrDefault(id)).ToList();
            if (copies.TrueForAll(copy => copy is not null && condition(copy.Snapshot)))
            {
                return change;
            }

            if (behavior == WaitBehavior.StopOnResourceUnavailable
                && copies.Find(copy => copy is not null && ResourceCondition.HasEnded(copy.Snapshot)) is { } ended)
            {
                throw new DistributedApplicationException(
                    ResourceCondition.Describe(ended, _logs), new ResourceUnavailableException(ended));
            }
        }

        throw new OperationCanceledException($"The application ended while '{resourceName}' was waited for.");
    }

    private static bool IsNamed(ResourceEvent change, string name) =>
        string.Equals(change.Resource.Name, name, StringComparison.OrdinalIgnoreCase)
        || string.Equals(change.ResourceId, name, StringComparison.OrdinalIgnoreCase);

    private void RequireKnown(string name)
    {
        if (!_current.ContainsKey(name) && !_model.Resources.Any(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase)))
        {
            throw new ArgumentException(
                $"There is no resource '{name}'; there are: {string.Join(", ", _model.Resources.Select(r => r.Name))}.", nameof(name));
        }
    }

    private void Publish(IResource resource, string id, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_gate)
        {
            var old = _current.GetValueOrDefault(id)?.Snapshot ?? ResourceCondition.Initial(resource);
            var changed = stateFactory(old);
            var change = new ResourceEvent(resource, id, changed with { Commands = CommandSnapshots.Of(resource, changed, _services) });
            _current = _current.SetItem(id, change);
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(change);
            }
        }
    }
}
