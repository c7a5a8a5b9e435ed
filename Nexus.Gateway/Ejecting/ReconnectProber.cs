using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Ejecting;

/// <summary>
/// Asks replicas that failed a connection for the first time. Who answers goes on serving at once: it was one request that
/// broke, or this machine that was too busy to connect in time, and neither must empty a pool. Who does not stays out. To accept
/// a connection is no answer: an engine's port proxy accepts for a dead container too. See <see cref="DestinationProbe"/>.
/// </summary>
internal sealed class ReconnectProber(Ejector ejector, DestinationProbe probe, RoutingState routing) : BackgroundService
{
    private const int AtOnce = 16;

    // More patient than a request, which has another replica to go to.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var several = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken };
        await Parallel.ForEachAsync(ejector.Suspects.ReadAllAsync(stoppingToken), several, async (suspect, token) =>
        {
            var plan = DestinationProbe.PlanOf(routing.Current.Pools.FirstOrDefault(p => p.Name.Value == suspect.Pool));
            var address = suspect.Life[(suspect.Life.IndexOf('@', StringComparison.Ordinal) + 1)..];
            if (await probe.IsWellAsync(address, plan, Patience, token))
            {
                ejector.GiveAnotherChance(suspect);
            }
            else
            {
                ejector.BreakOff(suspect);
            }
        });
    }
}
