using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Nexus.Core.Ids;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Core.Spec.Sections;

/// <summary>The keys of a pool and the rules across them.</summary>
internal static class PoolSection
{
    public const int MaxReplicas = 1000;

    private static readonly TextValue Label = new("a text of at most 255 characters", ".+") { TakesAnyScalar = true };

    private static readonly Section<PlacementSpec> Placement = new(new PlacementSpec(),
    [
        new SpecKey<PlacementSpec, ImmutableSortedDictionary<string, string>>("constraints",
            new TextMapValue("node labels",
            new TextValue("a label of letters, digits, _ . / and -", @"[A-Za-z0-9_./\-]+"), Label, 64), null, (p, v) => p with { Constraints = v },
            "Labels a node must carry with exactly these values."),
        new SpecKey<PlacementSpec, string>("arch", new ChoiceValue<string>(("amd64", "amd64"), ("arm64", "arm64")),
            null, (p, v) => p with { Arch = v },
            "Architecture a node must have.") { DefaultNote = "any" },
        new SpecKey<PlacementSpec, SpreadRule>("spread",
            new ChoiceValue<SpreadRule>(("preferred", SpreadRule.Preferred), ("required", SpreadRule.Required)),
            p => p.Spread, (p, v) => p with { Spread = v },
            "preferred: nodes with fewest replicas of the pool first; required: never two of them on one node."),
        new SpecKey<PlacementSpec, VolumeAffinity>("volume_affinity",
            new ChoiceValue<VolumeAffinity>(("preferred", VolumeAffinity.Preferred), ("required", VolumeAffinity.Required)),
            null, (p, v) => p with { VolumeAffinity = v },
            "required: a replica is started only on a node that has its volumes, and waits for that node; preferred: on another node too, without its data.")
        { DefaultNote = "required with a named volume and no warm_standby, else preferred" },
    ]);

    public static Section<PoolSpec> Section { get; } = new(
        Empty(""),
        [
            new SpecKey<PoolSpec, int>("min_replicas", new WholeValue(0, MaxReplicas), p => p.MinReplicas,
                (p, v) => p with { MinReplicas = v },
                "Replicas to keep running at least."),
            new SpecKey<PoolSpec, int>("max_replicas", new WholeValue(0, MaxReplicas), null,
                (p, v) => p with { MaxReplicas = v },
                "Replicas never to be exceeded by scaling; a rollout's surge comes on top.") { DefaultNote = "the same as min_replicas" },
            .. TemplateKeys.All.Select(key => new PartKey<PoolSpec, PoolTemplate>(key, p => p.Template, (p, t) => p with { Template = t })),
            new SpecKey<PoolSpec, int>("warm_standby", new WholeValue(0, 100), p => p.WarmStandby, (p, v) => p with { WarmStandby = v },
                "Replicas kept proven and paused beside those that serve; one takes over at once from a replica that fails."),
            new SpecKey<PoolSpec, bool>("replace", new BoolValue(), p => p.Replace, (p, v) => p with { Replace = v },
                "Whether replicas on a lost node are replaced elsewhere; false waits for the node to come back."),
            new SpecKey<PoolSpec, RolloutSpec>("rollout", RolloutSection.Section, p => p.Rollout, (p, v) => p with { Rollout = v },
                "How replicas are replaced when the pool changes."),
            new SpecKey<PoolSpec, OutlierDetectionSpec>("outlier_detection", OutlierDetectionSection.Section,
                p => p.OutlierDetection, (p, v) => p with { OutlierDetection = v },
                "How the gateways eject a replica whose requests fail far more often than those of the pool's other replicas."),
            new SpecKey<PoolSpec, PlacementSpec>("placement", Placement, p => p.Placement,
                (p, v) => p with { Placement = v },
                "Which nodes may run it."),
        ])
    {
        Planned = ["autoscale", "secrets"],
        Complete = Complete,
    };

    /// <summary>A pool of which only the name is known.</summary>
    public static PoolSpec Empty(string name) => new() { Name = new PoolName(name), Template = new PoolTemplate() };

    private static PoolSpec Complete(PoolSpec pool, SpecCursor cursor)
    {
        if (!cursor.Has("max_replicas"))
        {
            pool = pool with { MaxReplicas = pool.MinReplicas };
        }
        else if (pool.MaxReplicas < pool.MinReplicas && cursor.IsSound("min_replicas", "max_replicas"))
        {
            cursor.Child("max_replicas").Error($"found {pool.MaxReplicas}; allowed is at least min_replicas, {pool.MinReplicas}");
        }

        pool = RolloutSection.ForPool(pool, cursor);
        if (pool.Template is { HostPort: not null, Port: null } && cursor.IsSound("port", "host_port"))
        {
            cursor.Child("host_port").Error("found a host_port without a port; allowed with a port to bind it to");
        }

        CheckProtocol(pool.Template, cursor);
        if (!cursor.Has("image") && !cursor.Has("process"))
        {
            cursor.Error("image is missing; allowed is an image, or process for a pool that runs without containers");
        }

        WarnOfVolumes(pool, cursor);
        var template = pool.Template;
        CheckSize(template, cursor);
        return pool with { Template = template with { Health = HealthSection.ForPort(template.Health, template.Port, cursor) } };
    }

    // Aliases make a small document a large template.
    private static void CheckSize(PoolTemplate template, SpecCursor cursor)
    {
        if (StoredTemplate.Of(template).Bytes is var size && size > StoredTemplate.MaxBytes)
        {
            var (key, bytes) = StoredTemplate.Largest(template);
            cursor.Error($"found {size} bytes as stored, {bytes} of them in {key}; allowed are at most {StoredTemplate.MaxBytes}, "
                + "since one value of the store holds a node's pools; put large texts into the image or a volume");
        }
    }

    // Who has said how replicas follow their volumes has thought of it.
    private static void WarnOfVolumes(PoolSpec pool, SpecCursor cursor)
    {
        var volumes = pool.Template.Volumes;
        if (pool is { WarmStandby: > 0, Placement.VolumeAffinity: VolumeAffinity.Required } && cursor.IsSound("warm_standby", "placement"))
        {
            cursor.Child("warm_standby").Error($"found {pool.WarmStandby} with placement.volume_affinity: required; allowed is 0: a standby on another node has other data");
        }

        if (volumes.IsEmpty || pool.Placement.VolumeAffinity is not null || !cursor.IsSound("volumes", "placement"))
        {
            return;
        }

        var named = string.Join(", ", volumes.Where(v => v.IsNamed).Select(v => v.Source).Distinct(StringComparer.Ordinal));
        var paths = string.Join(", ", volumes.Where(v => v is { IsNamed: false, ReadOnly: false } && !v.Source.EndsWith(".sock", StringComparison.Ordinal))
            .Select(v => v.Source).Distinct(StringComparer.Ordinal));
        if (named.Length > 0)
        {
            cursor.Child("volumes").Warn(pool.StaysWithVolumes
                ? $"the data of {named} is on one node and does not move: a replica is started again only on the node that has it, and waits while that node is lost or drained; "
                    + "say so with placement.volume_affinity: required, or preferred to start elsewhere with an empty volume"
                : $"the data of {named} is on one node and does not move: a standby, or a replica started on another node, has an empty volume of its own");
        }

        if (paths.Length > 0)
        {
            cursor.Child("volumes").Warn($"{paths} is the node's own: a replica that is started on another node finds the files of that node; "
                + "placement.volume_affinity: required keeps replicas where they ran, preferred says that every node has the same files");
        }
    }

    private static void CheckProtocol(PoolTemplate template, SpecCursor cursor)
    {
        if (template.Protocol == AppProtocol.Http1 || !cursor.IsSound("port", "protocol", "health"))
        {
            return;
        }

        if (template.Port is null)
        {
            cursor.Child("protocol").Warn("has no effect: the pool has no port");
        }
        else if (template.Health.Type == HealthCheckType.Http)
        {
            cursor.Child("health").Warn(
                "an http check speaks HTTP/1.1, which many h2c servers refuse; use tcp or script unless the server answers both");
        }
    }
}

/// <summary>The pools by name.</summary>
internal sealed class PoolsValue : SpecValue<ImmutableArray<PoolSpec>>, IHasItems
{
    private const int Max = 200;

    /// <summary>Stands for no pools. An empty map does not: a template that came out empty would stop everything.</summary>
    private const string None = "none";

    /// <summary>Whether a value says which pools there are, be it none.</summary>
    public static bool IsSaid(SpecNode node) => node is SpecMapping or SpecScalar { Text: None };

    /// <summary>The rule for names, reserved ones aside.</summary>
    public static TextValue Name { get; } = new(NameRules.Description, $"[a-z]([a-z0-9\\-]{{0,{NameRules.MaxLength - 2}}}[a-z0-9])?");

    public ISection? Items => PoolSection.Section;

    public string ItemPath => ".NAME";

    public override string Allowed => "a map of pools by name, or none to run nothing";

    public override bool TryRead(SpecCursor cursor, out ImmutableArray<PoolSpec> value)
    {
        value = [];
        if (cursor.Node is SpecScalar { Text: None })
        {
            return true;
        }

        if (cursor.Node is not SpecMapping mapping || (mapping.Entries.Length == 0 && mapping.Faults.IsEmpty) || mapping.Entries.Length > Max)
        {
            return cursor.Refuse($"a map of 1 to {Max} pools by name, or none to run nothing");
        }

        cursor.ReportFaults(mapping);
        var pools = ImmutableArray.CreateBuilder<PoolSpec>();
        foreach (var entry in mapping.Entries)
        {
            var at = cursor.Enter(entry);
            if (!NameRules.IsValid(entry.Name))
            {
                at.Error($"found {Excerpt.Quote(entry.Name)} as a name; allowed is {NameRules.Description}");
            }
            else if (IsReserved(entry.Name))
            {
                at.Error($"found {Excerpt.Quote(entry.Name)} as a name; allowed are names other than consul… and nexus-…, "
                    + "which are services of the cluster itself");
            }

            PoolSection.Section.TryRead(at, PoolSection.Empty(entry.Name), out var pool);
            pools.Add(pool);
        }

        value = pools.ToImmutable();
        return true;
    }

    public override JsonObject ToSchema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject
            {
                ["type"] = "object",
                ["minProperties"] = 1,
                ["additionalProperties"] = false,
                ["patternProperties"] = new JsonObject { [Name.SchemaPattern] = PoolSection.Section.ToSchema() },
            },
            new JsonObject { ["const"] = None }),
    };

    private static bool IsReserved(string name) =>
        name == "nexus" || name.StartsWith("nexus-", StringComparison.Ordinal) || name.StartsWith("consul", StringComparison.Ordinal);
}
