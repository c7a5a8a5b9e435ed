using k8s.Models;
using Nexus.Core.Spec;

namespace Nexus.Manifests.Kubernetes;

/// <summary>What a pod may do: as little as under the worker agent.</summary>
internal static class PodSecurity
{
    private const string DefaultUser = "65532:65532";

    public static V1PodSecurityContext OfPod(PoolTemplate template)
    {
        var (user, group) = UserOf(template);
        return new V1PodSecurityContext
        {
            RunAsNonRoot = user != 0,
            RunAsUser = user,
            RunAsGroup = group,

            // Claims come empty and root's; a directory of the node keeps its own rights, as ever.
            FsGroup = user != 0 && template.Volumes.Any(volume => !volume.Source.StartsWith('/')) ? group ?? user : null,
            SeccompProfile = new V1SeccompProfile { Type = "RuntimeDefault" },

            // As the Docker Engine does for every container: ports below 1024 need no privilege.
            Sysctls = user != 0 && template.Port < 1024
                ? [new V1Sysctl { Name = "net.ipv4.ip_unprivileged_port_start", Value = "0" }]
                : null,
        };
    }

    public static V1SecurityContext OfContainer(PoolTemplate template) => new()
    {
        AllowPrivilegeEscalation = false,
        ReadOnlyRootFilesystem = template.ReadOnly,
        Capabilities = new V1Capabilities
        {
            Drop = ["ALL"],
            Add = template.Capabilities.IsEmpty ? null : [.. template.Capabilities],
        },
    };

    private static (long User, long? Group) UserOf(PoolTemplate template)
    {
        var parts = (template.User ?? DefaultUser).Split(':');
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        return (long.Parse(parts[0], culture), parts.Length > 1 ? long.Parse(parts[1], culture) : null);
    }
}
