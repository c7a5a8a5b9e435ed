using System.Collections.Immutable;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.ComposeImport;

/// <summary>How volumes make the replica that comes wait for the one that goes, as it always does in Compose.</summary>
internal enum VolumeTurn
{
    /// <summary>They do not: nothing is written, or several replicas write at once anyway.</summary>
    None,

    /// <summary>One is exclusive, which says it all.</summary>
    Exclusive,

    /// <summary>One is another service's too, so that only the rollout's order can say it.</summary>
    Order,
}

/// <summary>What is mounted into a service, who else has it, and what becomes of that on several nodes.</summary>
internal sealed class ServiceVolumes(SpecCursor service, PoolDraft pool, ServiceSurroundings surroundings)
{
    // Of those who share a mount, as many are named.
    private const int Named = 5;

    private static readonly string[] SystemFolders = ["/proc", "/sys", "/dev", "/run", "/var/run"];

    public VolumeTurn Read(int replicas)
    {
        var mounts = new ServiceMounts(service, surroundings).Read();
        var secrets = new ServiceSecrets(service, surroundings).Read();
        if (mounts.IsEmpty && secrets.IsEmpty)
        {
            return VolumeTurn.None;
        }

        var turns = mounts.Select(mount => TurnOf(mount, replicas)).ToImmutableArray();
        foreach (var mount in mounts)
        {
            Warn(mount, replicas);
        }

        pool.Set("volumes", new YamlList([.. mounts.Zip(turns, Tree), .. secrets.Select(secret => Tree(secret, VolumeTurn.None))]),
            service.Child(mounts.IsEmpty ? secrets[0].At.Key.Contains(".secrets", StringComparison.Ordinal) ? "secrets" : "configs" : "volumes"));
        return turns.Contains(VolumeTurn.Exclusive) ? VolumeTurn.Exclusive : turns.Contains(VolumeTurn.Order) ? VolumeTurn.Order : VolumeTurn.None;
    }

    // What is exclusive is kept from every other pool of the node as well: one that mounts it too would wait for ever.
    private VolumeTurn TurnOf(ServiceMount mount, int replicas) =>
        mount.IsReadOnly || replicas > 1 || IsOfTheSystem(mount.Source) ? VolumeTurn.None
        : Others(mount).IsEmpty ? VolumeTurn.Exclusive
        : VolumeTurn.Order;

    // Sockets and devices of the node: no data that two could ruin.
    private static bool IsOfTheSystem(string source) => source.EndsWith(".sock", StringComparison.Ordinal)
        || Array.Exists(SystemFolders, root => source == root || source.StartsWith($"{root}/", StringComparison.Ordinal));

    private string Own => surroundings.Services.First(one => one.Value.Pool == pool.Name).Key;

    private ImmutableArray<string> Others(ServiceMount mount) =>
        [.. surroundings.Services.Where(other => other.Value.Pool != pool.Name && other.Value.Sources.Contains(mount.Source)).Select(other => other.Key)];

    private void Warn(ServiceMount mount, int replicas)
    {
        var others = Others(mount);
        var shared = replicas > 1 ? $"{Names([$"{replicas} replicas", .. others])} share it only on one node"
            : others.IsEmpty ? null
            : $"{Names([.. others.Append(Own).Order(StringComparer.Ordinal)])} share it only on one node";
        mount.At.Warn(mount.IsNamed
            ? $"volume {mount.Source} stays on the node where it was made: {(shared is null ? "" : $"{shared}, and ")}its replicas start again only there"
            : $"{mount.Source} must be there on every node that may run the pool{(shared is null || mount.IsReadOnly ? "" : $"; {shared}")}");
    }

    // In the same order for each of those who share it, so that their warnings are one.
    private static string Names(ImmutableArray<string> names)
    {
        var shown = names.Take(Named).Select(name => Excerpt.Cut(name)).ToList();
        return names.Length > Named ? $"{string.Join(", ", shown)} and {names.Length - Named} more" : string.Join(" and ", shown);
    }

    private static YamlTree Tree(ServiceMount mount, VolumeTurn turn)
    {
        if (turn != VolumeTurn.Exclusive)
        {
            return $"{mount.Source}:{mount.Target}{(mount.IsReadOnly ? ":ro" : "")}";
        }

        YamlTree exclusive = true;
        exclusive.Comments.Add("the old replica stops before its successor starts, as in Compose; where it is only read, read_only: true instead");
        return new YamlMap().With("source", mount.Source).With("target", mount.Target).With("exclusive", exclusive);
    }
}
