using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>Names that Compose makes where a file gives none. A volume under another name is another volume.</summary>
internal static class ComposeNames
{
    /// <summary>Name of a volume: its own, or its key where it was made elsewhere, or its key behind the project's name.</summary>
    /// <param name="volume">The volume at the top of the file.</param>
    /// <param name="key">Its key there.</param>
    /// <param name="project">Name of the project.</param>
    public static string Volume(SpecCursor volume, string key, string project)
    {
        var external = ComposeValue.At(volume, "external");
        return ComposeValue.Text(volume, "name") ?? external?.Node switch
        {
            SpecMapping => ComposeValue.Text(external, "name") ?? key,
            SpecScalar flag when ComposeValue.Boolean(flag.Text) == true => key,
            _ => $"{project}_{key}",
        };
    }

    /// <summary>Name of the image that a service without <c>image</c> is built as.</summary>
    public static string Image(ComposeSource source, string project, string service)
    {
        // Compatible with Compose v1, names have an underscore.
        var isCompatible = source.Variable("COMPOSE_COMPATIBILITY") is "1" or "t" or "T" or "true" or "True" or "TRUE";
        return $"{project}{(isCompatible ? '_' : '-')}{service}";
    }
}
