using System.Collections.Immutable;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Health;

namespace Nexus.WorkerAgent.Catalog;

/// <summary>Carries Consul's verdict on the node's replicas into the book. Maintenance is a check of its own and not read here.</summary>
internal sealed class HealthWatch(
    ConsulClient consul, AllocationBook book, LocalCatalog catalog, HealthDesk desk, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Runs until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        var node = await OwnNodeAsync(cancellationToken);
        var options = new WatchOptions { OnError = _ => desk.NoteConsul(silent: true) };
        await foreach (var seen in consul.Health.WatchNodeAsync(node, options, cancellationToken))
        {
            desk.NoteConsul(silent: false);
            Apply(seen.Value);
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    private void Apply(ImmutableArray<HealthCheck> checks)
    {
        var byId = checks.ToLookup(c => c.CheckId, StringComparer.Ordinal);
        foreach (var memory in book.Current.Values)
        {
            // A check of an earlier try, which Consul kept over its own restart, says nothing about this one.
            if (catalog.IsRegistered(memory.Id, memory.Attempt)
                && byId[CatalogNames.CheckId(memory.Id)].FirstOrDefault() is { } check)
            {
                desk.NoteConsul(memory, check.Status != CheckStatus.Critical, FirstLine(check.Output));
            }
        }
    }

    private async Task<string> OwnNodeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return (await consul.Agent.SelfAsync(cancellationToken)).NodeName;
            }
            catch (ConsulException)
            {
                // NodeRegistrar asks the same and tells it.
                desk.NoteConsul(silent: true);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    private static string FirstLine(string output)
    {
        var line = output.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        line = end < 0 ? line : line[..end];
        return line.Length > 200 ? string.Concat(line[..200], "…") : line.ToString();
    }
}
