using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Streams;

/// <summary>
/// Listens to every node's agent, by the addresses of the routing in force: those of the last run too, so that news arrive while
/// Consul is away.
/// </summary>
internal sealed class AgentStreams(RoutingState routing, AgentStream stream) : BackgroundService
{
    private readonly Dictionary<NodeName, Listening> _all = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var snapshot = routing.Current;
                await FollowAsync(snapshot, stoppingToken);
                await routing.WaitForChangeAsync(snapshot, stoppingToken);
            }
        }
        finally
        {
            await Task.WhenAll(_all.Values.Select(listening => listening.EndAsync()));
        }
    }

    private async Task FollowAsync(RoutingSnapshot snapshot, CancellationToken cancellationToken)
    {
        var wanted = snapshot.Agents.ToDictionary(agent => agent.Node);
        foreach (var old in _all.Values.Where(l => wanted.GetValueOrDefault(l.Agent.Node) != l.Agent).ToList())
        {
            _all.Remove(old.Agent.Node);
            await old.EndAsync();
        }

        foreach (var agent in wanted.Values.Where(agent => !_all.ContainsKey(agent.Node)))
        {
            var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _all.Add(agent.Node, new Listening(agent, ending, stream.ListenAsync(agent, ending.Token)));
        }
    }

    private sealed record Listening(AgentAddress Agent, CancellationTokenSource Ending, Task Running)
    {
        public async Task EndAsync()
        {
            await Ending.CancelAsync();
            await Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Ending.Dispose();
        }
    }
}
