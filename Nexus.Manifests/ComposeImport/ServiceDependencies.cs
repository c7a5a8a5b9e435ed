using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>What becomes of <c>depends_on</c>: pools start together, and none waits for another.</summary>
internal static class ServiceDependencies
{
    public static void Report(SpecCursor service, ServiceSurroundings surroundings)
    {
        if (ComposeValue.At(service, "depends_on") is not { } at)
        {
            return;
        }

        at.Warn("is not carried over: pools start together; each is started again until what it needs answers");
        foreach (var (name, _) in ServiceMentions.Dependencies(service))
        {
            var place = at.Node is SpecMapping ? at.Child(name) : at;
            if (surroundings.LeftOut.TryGetValue(name, out var instead))
            {
                place.Warn($"needs {Excerpt.Cut(name)}, which is left out: {instead}");
            }
            else if (!surroundings.Services.ContainsKey(name))
            {
                place.Warn($"needs {Excerpt.Cut(name)}, which is no service of the file");
            }
        }
    }
}
