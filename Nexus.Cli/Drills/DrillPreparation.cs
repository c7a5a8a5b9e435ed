using Nexus.Api.V1;
using Nexus.Cli.Commands;
using Nexus.Cli.Drills.Faults;
using Nexus.Cli.Drills.Sight;
using Nexus.Cli.Views;

namespace Nexus.Cli.Drills;

/// <summary>Makes sure that a drill may begin, and finds what it works with.</summary>
internal sealed class DrillPreparation(ClusterSight cluster, HttpClient http, TimeProvider time, string host, Action<string> say)
{
    private const string AdminVariable = "Gateway__AdminUrl";

    public async Task<DrillStage> PrepareAsync(DrillSettings settings, CancellationToken cancellationToken)
    {
        var status = await cluster.StatusAsync(cancellationToken);
        if (!status.DrillsAllowed)
        {
            throw new CommandFailedException(
                ExitCode.Failure, $"the spec of {status.Cluster ?? "this cluster"} does not allow drills, which break things on purpose. "
                    + "Where that is wanted, put the line 'drills: allowed' at the top level of its spec and apply it.");
        }

        var pool = status.Pools.FirstOrDefault(p => p.Name == settings.Pool)
            ?? throw Unknown.Pool(settings.Pool, status.Pools.Select(p => p.Name));
        var rollout = await cluster.TryRolloutAsync(pool.Name, cancellationToken);
        var givenUp = rollout is not null && RolloutWords.IsBadEnd(rollout.Phase);
        var why = Watch.Unsettled(status, pool, rollout, status) ?? (givenUp ? $"{pool.Name}: {RolloutWords.Progress(rollout!)}" : null);
        if (why is not null)
        {
            throw new CommandFailedException(
                ExitCode.Failure, $"the cluster is not at full capacity, so nothing would be learned by breaking it: {why}");
        }

        var original = await cluster.SpecAsync(cancellationToken)
            ?? throw new CommandFailedException(ExitCode.Failure, "the cluster has no spec; apply one first.");
        var services = new LocalServices(host, Path.GetTempPath(), time, say);
        var routes = await RoutesSight.FindAsync(http, Admins(settings, status, services), settings.Pool, cancellationToken);
        if (!routes.IsKnown)
        {
            say("no gateway shows its routes from here, so times are those the managers see; name one with --gateway-admin");
        }

        say($"drilling cluster {status.Cluster}, pool {pool.Name} of {pool.Desired}; spec revision {original.Revision} is applied again at the end");
        return new DrillStage(settings, cluster, new Watch(cluster, routes, settings, time), services, new Undo(say))
        {
            Original = original,
            Before = status,
        };
    }

    private static IEnumerable<Uri> Admins(DrillSettings settings, StatusView status, LocalServices services) => settings.GatewayAdmins
        .Concat(status.Gateways.Select(g => services.Find(g, out _)?.Environment.GetValueOrDefault(AdminVariable)).Concat(status.Gateways.Select(g => g.Address))
            .Select(a => Uri.TryCreate(a, UriKind.Absolute, out var address) ? address : null).OfType<Uri>());
}
