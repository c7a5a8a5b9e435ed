using Nexus.Api.V1;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Streams;

/// <summary>
/// What one agent pushes about the allocations of its node: connects again for ever, at once and then with growing pauses. It is
/// only ever speed; whatever it misses Consul tells.
/// </summary>
internal sealed partial class AgentStream(RoutingInputs inputs, Chance chance, TimeProvider time, ILogger<AgentStream> logger) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private readonly AllocationChangeReader _reader = new();

    public async Task ListenAsync(AgentAddress agent, CancellationToken cancellationToken)
    {
        for (var failures = 0; !cancellationToken.IsCancellationRequested;)
        {
            try
            {
                await foreach (var change in _reader.ReadAsync(agent.ApiAddress, cancellationToken))
                {
                    if (failures > 0)
                    {
                        LogBack(agent.Node.Value, failures);
                    }

                    failures = 0;
                    inputs.Hear(ToNews(change));
                }

                LogBroken(agent.Node.Value, "the stream ended");
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && AllocationChangeReader.IsBroken(e))
            {
                if (failures == 0)
                {
                    LogBroken(agent.Node.Value, e.Message);
                }
            }

            if (failures++ == 0)
            {
                inputs.Silence(agent.Node);
            }

            await Task.Delay(chance.Pause(failures, FirstPause, LongestPause), time, cancellationToken);
        }
    }

    public void Dispose() => _reader.Dispose();

    private static AllocationNews ToNews(AllocationChange change) => new(
        new AllocationId(change.Allocation),
        new PoolName(change.Pool),
        new PoolRevision(change.Revision),
        new NodeName(change.Node),
        change.Attempt,
        change.Kind switch
        {
            AllocationChangeKind.Serving => NewsKind.Serving,
            AllocationChangeKind.Unhealthy => NewsKind.Unhealthy,
            AllocationChangeKind.Draining => NewsKind.Draining,
            _ => NewsKind.Gone,
        },
        change.Address,
        change.Port ?? 0);

    [LoggerMessage(6050, LogLevel.Information, "The news of node {Node} broke off and are asked for again: {Reason}")]
    private partial void LogBroken(string node, string reason);

    [LoggerMessage(6051, LogLevel.Information, "The news of node {Node} arrive again after {Failures} tries")]
    private partial void LogBack(string node, int failures);
}
