using Nexus.Api.State;
using Nexus.Consul;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Reports;

namespace Nexus.WorkerAgent.Assignments;

/// <summary>
/// Shows the holder what the leader wrote. A key that is absent says nothing: the agent goes on with what it holds.
/// </summary>
internal sealed partial class AssignmentWatch(
    ConsulClient consul, AgentIdentity identity, AssignmentHolder holder, StoreBoard store, ObservationReporter reporter, ILogger<AssignmentWatch> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until cancelled, on the caller's own flow.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        var key = StateKeys.DesiredOf(identity.Node);
        var toldAbsent = false;
        await foreach (var shown in consul.Kv.WatchAsync(key, null, stoppingToken))
        {
            var lacked = store.LacksAssignment;
            store.NoteAssignment(shown.Value is not null);
            if (lacked != store.LacksAssignment)
            {
                reporter.LookAgain();
            }

            if (shown.Value is { } pair)
            {
                toldAbsent = false;
                holder.Offer(key, pair.Value);
            }
            else if (!toldAbsent)
            {
                toldAbsent = true;
                LogAbsent(key);
            }
        }
    }

    [LoggerMessage(5017, LogLevel.Information, "No assignment under {Key}; waiting, nothing is removed")]
    private partial void LogAbsent(string key);
}
