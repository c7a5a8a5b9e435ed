using System.Collections.Immutable;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Convergence;
using Nexus.Core.State;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Reports;

namespace Nexus.WorkerAgent.Catalog;

/// <summary>Carries Consul's verdict on the node's replicas into the book. Maintenance is a check of its own and not read here.</summary>
internal sealed class HealthWatch(
    ConsulClient consul, AllocationBook book, LocalCatalog catalog, EventJournal events, WakeSignal wake, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var node = await OwnNodeAsync(stoppingToken);
        await foreach (var seen in consul.Health.WatchNodeAsync(node, null, stoppingToken))
        {
            Apply(seen.Value);
        }
    }

    private void Apply(ImmutableArray<HealthCheck> checks)
    {
        var byId = checks.ToLookup(c => c.CheckId, StringComparer.Ordinal);
        foreach (var memory in book.Current.Values)
        {
            // A check of an earlier try, which Consul kept over its own restart, says nothing about this one.
            if (!catalog.IsRegistered(memory.Id, memory.Attempt)
                || byId[CatalogNames.CheckId(memory.Id)].FirstOrDefault() is not { } check)
            {
                continue;
            }

            var healthy = check.Status != CheckStatus.Critical;
            if (book.TryNoteCheck(memory.Id, healthy, FirstLine(check.Output)))
            {
                Tell(memory, healthy, FirstLine(check.Output));
                wake.Set();
            }
        }
    }

    private void Tell(AllocationMemory memory, bool healthy, string output)
    {
        if (healthy)
        {
            events.Publish(EventKinds.AllocationHealthy, EventSeverity.Info, memory, $"{memory.Id} passes its check again.");
        }
        else
        {
            events.Publish(EventKinds.AllocationUnhealthy, EventSeverity.Warning, memory, $"{memory.Id} fails its check: {output}");
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
