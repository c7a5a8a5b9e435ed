using Nexus.Api.State;
using Nexus.Consul;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Reports;

namespace Nexus.WorkerAgent.Assignments;

/// <summary>
/// Notices when Consul's data is another cluster's store than before, or a new one, and has everything that this node writes looked at
/// again at once. Nothing is stopped for it.
/// </summary>
internal sealed partial class StoreWatch(
    ConsulClient consul, StoreBoard board, NodeRegistrar registrar, ObservationReporter reporter, ILogger<StoreWatch> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until cancelled, on the caller's own flow.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        await foreach (var shown in consul.Kv.WatchAsync(StateKeys.Cluster, null, stoppingToken))
        {
            var reading = StateRecords.Read(StateKeys.Cluster, shown.Value?.Value, StateJson.Default.ClusterIdentity);
            if (reading.IsUnreadable)
            {
                LogUnreadable(StateKeys.Cluster, reading.Reason!);
                continue;
            }

            var before = board.Identity;
            board.NoteIdentity(reading.Value);
            if (before?.Id != reading.Value?.Id)
            {
                LogStore(reading.Value?.Id ?? "none", before?.Id ?? "none");
                registrar.LookAgain();
                reporter.LookAgain();
            }
        }
    }

    [LoggerMessage(5018, LogLevel.Information, "Consul holds the cluster store {Store}; before it was {Before}")]
    private partial void LogStore(string store, string before);

    [LoggerMessage(5019, LogLevel.Error, "{Key} cannot be read and says nothing about the store: {Reason}")]
    private partial void LogUnreadable(string key, string reason);
}
