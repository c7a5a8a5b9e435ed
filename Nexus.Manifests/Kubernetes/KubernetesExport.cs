using System.Collections.Immutable;
using System.Text.Json;
using k8s;
using k8s.Models;
using Nexus.Core.Spec;
using Nexus.Manifests.Exports;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.Kubernetes;

/// <summary>Says a spec in Kubernetes' words, in the types of its own client. Pure: the same spec, the same bytes.</summary>
public static class KubernetesExport
{
    /// <summary>The manifests of <paramref name="spec"/>: volumes first, then a file per pool, then the routes.</summary>
    /// <param name="spec">What to say.</param>
    /// <param name="places">Where it was written, so that a warning can point there.</param>
    /// <param name="namespaceName">Namespace of every object; null leaves it to who applies them.</param>
    public static ManifestExport Compute(ClusterSpec spec, SpecPlaces places, string? namespaceName)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(places);
        var warnings = new ExportWarnings(places);
        var naming = new ObjectNaming(spec.Cluster, namespaceName);
        var pools = spec.Pools.Where(pool => pool.Template.Image.Length > 0).ToList();
        foreach (var pool in spec.Pools.Except(pools))
        {
            warnings.Add($"worker_pools.{pool.Name}", "runs as a process only: without an image there is nothing to say in Kubernetes");
        }

        KubernetesKeys.Fates.Judge(spec, places, pools, warnings);
        var files = ImmutableArray.CreateBuilder<ManifestFile>();
        Add(files, "00-volumes.yaml", VolumeClaims.Compute(pools, naming, warnings));
        foreach (var pool in pools)
        {
            Add(files, $"10-{pool.Name}.yaml", ObjectsOf(pool, naming, warnings));
        }

        Add(files, "20-ingress.yaml", Routing.Ingress(spec, pools, naming, warnings) is { } ingress ? [ingress] : []);
        return new ManifestExport(files.ToImmutable(), warnings.ToImmutable());
    }

    private static IEnumerable<object> ObjectsOf(PoolSpec pool, ObjectNaming naming, ExportWarnings warnings)
    {
        yield return Workload.Deployment(pool, naming, warnings);
        object?[] others =
            [Routing.Service(pool, naming), Availability.Autoscaler(pool, naming), Availability.DisruptionBudget(pool, naming)];
        foreach (var other in others.OfType<object>())
        {
            yield return other;
        }
    }

    // The client's own writer of YAML leaves line breaks in quotes, after which a text may begin like the end of the document.
    private static YamlMap TreeOf(object one)
    {
        using var json = JsonDocument.Parse(KubernetesJson.Serialize(one));
        return (YamlMap)TreeOf(json.RootElement);
    }

    private static YamlTree TreeOf(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var map = new YamlMap();
                foreach (var property in element.EnumerateObject())
                {
                    map.With(property.Name, TreeOf(property.Value));
                }

                return map;
            case JsonValueKind.Array:
                return new YamlList([.. element.EnumerateArray().Select(TreeOf)]);
            case JsonValueKind.String:
                return element.GetString()!;
            default:
                return YamlTree.Literal(element.GetRawText());
        }
    }

    private static void Add(ImmutableArray<ManifestFile>.Builder files, string path, IEnumerable<object> objects)
    {
        var documents = objects.Select(one => YamlWriter.Write(TreeOf(one))).ToList();
        if (documents.Count > 0)
        {
            files.Add(new ManifestFile(path, string.Join("---\n", documents)));
        }
    }
}

/// <summary>Names and labels of the objects.</summary>
/// <param name="Cluster">Name of the cluster that the spec describes.</param>
/// <param name="NamespaceName">Namespace; null leaves it to who applies them.</param>
internal sealed record ObjectNaming(string Cluster, string? NamespaceName)
{
    /// <summary>The label that tells pools apart.</summary>
    private const string NameLabel = "app.kubernetes.io/name";

    public V1ObjectMeta Metadata(string name, PoolSpec? pool = null) => new()
    {
        Name = name,
        NamespaceProperty = NamespaceName,
        Labels = pool is null
            ? new Dictionary<string, string>(StringComparer.Ordinal) { ["app.kubernetes.io/part-of"] = Cluster }
            : Labels(pool),
    };

    public Dictionary<string, string> Labels(PoolSpec pool) => new(StringComparer.Ordinal)
    {
        [NameLabel] = pool.Name.Value,
        ["app.kubernetes.io/part-of"] = Cluster,
    };

    public static Dictionary<string, string> Selector(PoolSpec pool) =>
        new(StringComparer.Ordinal) { [NameLabel] = pool.Name.Value };
}
