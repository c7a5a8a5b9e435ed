using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;

namespace Nexus.WorkerAgent.Gateways;

/// <summary>Carries the gateways' reports from Consul to the board.</summary>
internal sealed partial class GatewayWatch(ConsulClient consul, GatewayBoard board, ILogger<GatewayWatch> logger) : BackgroundService
{
    private string? _toldUnreadable;

    /// <summary>Runs until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var seen in consul.Kv.WatchPrefixAsync(StateKeys.Gateways, null, cancellationToken))
        {
            board.Post([.. seen.Value.Select(Read)]);
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>A gateway whose report cannot be read lives, and what it sends where is not known: drains take their full time.</summary>
    private GatewayReport Read(KvPair pair)
    {
        var reading = StateRecords.Read(pair.Key, pair.Value, StateJson.Default.GatewayReport);
        if (reading.Value is { } report)
        {
            return report;
        }

        if (_toldUnreadable != reading.Reason)
        {
            _toldUnreadable = reading.Reason;
            LogUnreadable(pair.Key, reading.Reason!);
        }

        return new GatewayReport { Gateway = pair.Key[StateKeys.Gateways.Length..], IsUnknown = true };
    }

    [LoggerMessage(5050, LogLevel.Warning, "Report {Key} cannot be read; drains wait for their timeout meanwhile: {Reason}")]
    private partial void LogUnreadable(string key, string reason);
}
