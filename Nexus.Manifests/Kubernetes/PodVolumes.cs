using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using Nexus.Core.Spec;
using Nexus.Manifests.Exports;

namespace Nexus.Manifests.Kubernetes;

/// <summary>What is mounted into a pod.</summary>
internal static class PodVolumes
{
    private const string Scratch = "tmp";

    public static List<V1Volume> Of(PoolTemplate template)
    {
        var volumes = template.Volumes.Select(volume => volume.Source).Distinct(StringComparer.Ordinal).Select((source, index) =>
            source.StartsWith('/')
                ? new V1Volume { Name = NameOf(index), HostPath = new V1HostPathVolumeSource { Path = source } }
                : new V1Volume
                {
                    Name = NameOf(index),
                    PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = VolumeClaims.NameOf(source) },
                }).ToList();
        if (template.NeedsScratch)
        {
            volumes.Add(new V1Volume
            {
                Name = Scratch,
                EmptyDir = new V1EmptyDirVolumeSource { Medium = "Memory", SizeLimit = new ResourceQuantity("64Mi") },
            });
        }

        return volumes;
    }

    public static List<V1VolumeMount> Mounts(PoolTemplate template)
    {
        var sources = template.Volumes.Select(volume => volume.Source).Distinct(StringComparer.Ordinal).ToList();
        var mounts = template.Volumes.Select(volume => new V1VolumeMount
        {
            Name = NameOf(sources.IndexOf(volume.Source)),
            MountPath = volume.Target,
            ReadOnlyProperty = volume.ReadOnly ? true : null,
        }).ToList();
        if (template.NeedsScratch)
        {
            mounts.Add(new V1VolumeMount { Name = Scratch, MountPath = "/tmp" });
        }

        return mounts;
    }

    private static string NameOf(int index) => $"volume-{index + 1}";
}

/// <summary>The named volumes of all pools as claims.</summary>
internal static class VolumeClaims
{
    /// <summary>What is asked for; a spec does not say how large a volume is.</summary>
    public const string AssumedSize = "1Gi";

    public static IEnumerable<object> Compute(IEnumerable<PoolSpec> pools, ObjectNaming naming, ExportWarnings warnings)
    {
        var claims = pools.SelectMany(pool => pool.Template.Volumes)
            .Where(volume => !volume.Source.StartsWith('/'))
            .GroupBy(volume => NameOf(volume.Source), StringComparer.Ordinal)
            .OrderBy(uses => uses.Key, StringComparer.Ordinal).ToList();
        foreach (var claim in claims)
        {
            var volumes = claim.Select(use => use.Source).Distinct(StringComparer.Ordinal).ToList();
            if (volumes.Count > 1)
            {
                warnings.Add("worker_pools", $"the volumes {string.Join(" and ", volumes)} are one claim there, {claim.Key}: rename all but one of them");
            }
        }

        return claims.Select(uses => new V1PersistentVolumeClaim
        {
            ApiVersion = "v1",
            Kind = "PersistentVolumeClaim",
            Metadata = naming.Metadata(uses.Key),
            Spec = new V1PersistentVolumeClaimSpec
            {
                AccessModes = [.. uses.Select(AccessMode).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                Resources = new V1VolumeResourceRequirements
                {
                    Requests = new Dictionary<string, ResourceQuantity>(StringComparer.Ordinal) { ["storage"] = new(AssumedSize) },
                },
            },
        });
    }

    public static string AccessMode(VolumeSpec volume) => volume.ReadOnly ? "ReadOnlyMany" : "ReadWriteOnce";

    // Of a DNS subdomain, less what tells shortened names apart.
    private const int MaxName = 253;
    private const int DigestLength = 8;

    /// <summary>
    /// A volume's name as an object's, a DNS subdomain: lower-case, dashes for underscores, each part between dots starting and ending
    /// with a letter or digit.
    /// </summary>
    public static string NameOf(string volume)
    {
        var parts = volume.ToLowerInvariant().Replace('_', '-').Split('.').Select(part => part.Trim('-')).Where(part => part.Length > 0);
        var name = string.Join('.', parts);
        return name.Length <= MaxName ? name
            : $"{name[..(MaxName - DigestLength - 1)].TrimEnd('-', '.')}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..DigestLength]}";
    }
}
