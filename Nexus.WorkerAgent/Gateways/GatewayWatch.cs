using System.Text.Json;
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
            board.Post([.. seen.Value.Select(Read).OfType<GatewayReport>()]);
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    // One of another version may say what we cannot read; it is told and passed over, or no drain would ever be quick.
    private GatewayReport? Read(KvPair pair)
    {
        try
        {
            return StateJson.Read(pair.Key, pair.Value, StateJson.Default.GatewayReport);
        }
        catch (JsonException e)
        {
            if (_toldUnreadable != e.Message)
            {
                _toldUnreadable = e.Message;
                LogUnreadable(e.Message);
            }

            return null;
        }
    }

    [LoggerMessage(5050, LogLevel.Warning, "A gateway's report cannot be read and is passed over: {Reason}")]
    private partial void LogUnreadable(string reason);
}
