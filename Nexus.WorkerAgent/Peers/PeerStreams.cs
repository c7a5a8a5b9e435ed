using Nexus.Api.V1;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Convergence;

namespace Nexus.WorkerAgent.Peers;

/// <summary>
/// Listens to the agents of the nodes that this node's standbys watch, so that one of them stands in without a way over Consul
/// and the leader. It is only ever speed: whatever it misses, the leader decides.
/// </summary>
internal sealed partial class PeerStreams(
    AssignmentHolder holder, PeerBoard board, PeerTools tools, ILogger<PeerStreams> logger) : BackgroundService
{
    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(NodeName Node, string ApiAddress), Listening> _all = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await FollowAsync(holder.Current.Assignment, stoppingToken);
                await Task.Delay(Glance, tools.Time, stoppingToken);
            }
        }
        finally
        {
            await Task.WhenAll(_all.Values.Select(listening => listening.EndAsync()));
        }
    }

    private async Task FollowAsync(NodeAssignment? assignment, CancellationToken cancellationToken)
    {
        var wanted = (assignment?.Watches ?? []).Select(w => (w.Node, w.ApiAddress)).ToHashSet();
        foreach (var old in _all.Keys.Where(key => !wanted.Contains(key)).ToList())
        {
            _all.Remove(old, out var listening);
            await listening!.EndAsync();
            board.Forget(old.Node);
        }

        foreach (var peer in wanted.Where(peer => !_all.ContainsKey(peer)))
        {
            var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _all.Add(peer, new Listening(ending, ListenAsync(peer.Node, peer.ApiAddress, ending.Token)));
        }
    }

    private async Task ListenAsync(NodeName node, string apiAddress, CancellationToken cancellationToken)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                await foreach (var change in tools.News.ReadAsync(apiAddress, cancellationToken))
                {
                    failures = 0;
                    board.Hear(node, ToNews(change));
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                if (failures == 0)
                {
                    LogBroken(node.Value, e.Message);
                }
            }

            board.Forget(node);
            var longest = Math.Min(LongestPause.TotalSeconds, FirstPause.TotalSeconds * Math.Pow(2, Math.Min(failures, 10)));
            await Task.Delay(TimeSpan.FromSeconds(longest * (0.5 + (tools.Chance() / 2))), tools.Time, cancellationToken);
        }
    }

    private static AllocationNews ToNews(AllocationChange change) => new(
        new AllocationId(change.Allocation),
        new PoolName(change.Pool),
        new PoolRevision(change.Revision),
        change.Attempt,
        change.Kind switch
        {
            AllocationChangeKind.Serving => Standing.Serving,
            AllocationChangeKind.Unhealthy => Standing.Unhealthy,
            AllocationChangeKind.Draining => Standing.Draining,
            _ => Standing.Away,
        },
        change.Port);

    [LoggerMessage(5060, LogLevel.Information, "The news of watched node {Node} broke off and are asked for again: {Reason}")]
    private partial void LogBroken(string node, string reason);

    private sealed record Listening(CancellationTokenSource Ending, Task Running)
    {
        public async Task EndAsync()
        {
            await Ending.CancelAsync();
            await Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Ending.Dispose();
        }
    }
}

/// <summary>What the listening needs.</summary>
internal sealed record PeerTools(IPeerNews News, Chance Chance, TimeProvider Time);
