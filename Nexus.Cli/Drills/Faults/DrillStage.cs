using Nexus.Api.V1;
using Nexus.Cli.Drills.Sight;

namespace Nexus.Cli.Drills.Faults;

/// <summary>What faults work with.</summary>
internal sealed class DrillStage(DrillSettings settings, ClusterSight cluster, Watch watch, LocalServices services, Undo undo)
{
    public DrillSettings Settings { get; private set; } = settings;

    /// <summary>Sends the requests there, where nobody said whither.</summary>
    public void Ask(IReadOnlyList<Uri> urls) => Settings = Settings with { Urls = urls };

    public ClusterSight Cluster => cluster;

    public Watch Watch => watch;

    public LocalServices Services => services;

    public Undo Undo => undo;

    /// <summary>The spec in force before the drill.</summary>
    public required SpecView Original { get; init; }

    /// <summary>The cluster as it was last seen at full capacity.</summary>
    public required StatusView Before { get; set; }

    public int Desired => Before.Pools.First(p => p.Name == Settings.Pool).Desired;

    /// <summary>The pool's allocations that serve, oldest first, so that runs take turns.</summary>
    public IReadOnlyList<AllocationView> Victims =>
    [
        .. Before.Allocations.Where(a => a.Pool == Settings.Pool && a is { Healthy: true, Desired: Core.State.DesiredStatus.Run })
            .OrderBy(a => a.StartedAt).ThenBy(a => a.Id, StringComparer.Ordinal),
    ];

    /// <summary>Applies a changed spec; the original is written down to be applied again first.</summary>
    public async Task<SpecResult> ApplyAsync(SpecEdit edit, string why, CancellationToken cancellationToken)
    {
        undo.Add("apply the original spec again", RestoreSpecAsync);
        var applied = await cluster.ApplyAsync(edit.ToString(), why, cancellationToken);
        watch.Expect(applied.Revision);
        return applied;
    }

    public SpecEdit Edit() => new(Original.Yaml, Settings.Pool);

    private async Task RestoreSpecAsync(CancellationToken cancellationToken)
    {
        var applied = await cluster.ApplyAsync(Original.Yaml, $"revision {Original.Revision}, as before the drill", cancellationToken);
        watch.Expect(applied.Revision);
    }
}
