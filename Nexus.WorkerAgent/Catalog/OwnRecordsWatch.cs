using System.Text.Json.Serialization.Metadata;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Reports;

namespace Nexus.WorkerAgent.Catalog;

/// <summary>
/// Has the agent's own records written again at once when others delete or damage them: for everybody else the node is in doubt
/// until then.
/// </summary>
internal sealed partial class OwnRecordsWatch(
    ConsulClient consul, AgentIdentity identity, NodeRegistrar registrar, ObservationReporter reporter, OwnRecordsOutlets outlets)
    : BackgroundService
{
    private readonly ILogger<OwnRecordsWatch> _logger = outlets.Logger;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken) => await await Task.WhenAny(
        FollowAsync(StateKeys.Node(identity.Node), StateJson.Default.NodeRecord, registrar.NoteForeign, stoppingToken),
        FollowAsync(StateKeys.ObservedOf(identity.Node), StateJson.Default.NodeObservation, reporter.NoteForeign, stoppingToken));

    private async Task FollowAsync<T>(string key, JsonTypeInfo<T> type, Func<bool> noteForeign, CancellationToken cancellationToken)
        where T : class
    {
        await foreach (var seen in consul.Kv.WatchAsync(key, null, cancellationToken))
        {
            var reading = StateRecords.Read(key, seen.Value?.Value, type);
            if (reading.Value is null && noteForeign())
            {
                var problem = reading.Reason is { } reason ? $"could not be read ({reason})" : "was deleted";
                LogRewritten(key, problem);
                outlets.Events.Publish(EventKinds.RecordRewritten, EventSeverity.Warning, $"{key} {problem}; its worker agent writes it again.");
            }
        }
    }

    [LoggerMessage(5039, LogLevel.Warning, "{Key} {Problem}; it is written again")]
    private partial void LogRewritten(string key, string problem);
}

/// <summary>Where the watch tells what it found.</summary>
internal sealed record OwnRecordsOutlets(EventJournal Events, ILogger<OwnRecordsWatch> Logger);
