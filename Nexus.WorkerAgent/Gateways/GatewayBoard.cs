using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.WorkerAgent.Gateways;

/// <summary>
/// What the live gateways last said. While Consul is away it stands as it was: a gateway that died meanwhile is then waited
/// for, as long as a drain may last at most.
/// </summary>
internal sealed class GatewayBoard
{
    private volatile Heard _heard = new(null);

    /// <summary>Their reports; null until they were heard for the first time.</summary>
    public ImmutableArray<GatewayReport>? Reports => _heard.Reports;

    /// <summary>Whether any of them knows this try of an allocation.</summary>
    public bool Lists(AllocationId allocation, int attempt) =>
        Reports is { } reports && reports.Any(r => r.Destinations.Any(d => d.Allocation == allocation && d.Attempt == attempt));

    /// <summary>Puts up what they say now.</summary>
    public void Post(ImmutableArray<GatewayReport> reports)
    {
        var before = _heard;
        _heard = new Heard(reports);
        before.Outdated.TrySetResult();
    }

    /// <summary>What they say, and a task that ends once they say something else.</summary>
    public (ImmutableArray<GatewayReport>? Reports, Task Outdated) Look()
    {
        var heard = _heard;
        return (heard.Reports, heard.Outdated.Task);
    }

    private sealed record Heard(ImmutableArray<GatewayReport>? Reports)
    {
        public TaskCompletionSource Outdated { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
