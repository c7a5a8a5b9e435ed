using Nexus.Core.Routing;

namespace Nexus.Gateway.Routing;

/// <summary>The routing that is in force. One writer, <see cref="RoutingApplier"/>; any number of readers.</summary>
internal sealed class RoutingState
{
    private volatile Moment _moment = new(RoutingSnapshot.Empty);

    public RoutingSnapshot Current => _moment.Snapshot;

    public void Set(RoutingSnapshot snapshot)
    {
        var before = _moment;
        _moment = new Moment(snapshot);
        before.Over.TrySetResult();
    }

    /// <summary>Ends as soon as <paramref name="seen"/> is no longer in force.</summary>
    public Task WaitForChangeAsync(RoutingSnapshot seen, CancellationToken cancellationToken)
    {
        var now = _moment;
        return ReferenceEquals(now.Snapshot, seen) ? now.Over.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
    }

    private sealed class Moment(RoutingSnapshot snapshot)
    {
        public RoutingSnapshot Snapshot => snapshot;

        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
