using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>The variables of a service: those of its files, and over them its own.</summary>
internal sealed class ServiceEnvironment(SpecCursor service, PoolDraft pool, ServiceSurroundings surroundings)
{
    public void Read(int? port)
    {
        var references = new ServiceReferences(service, surroundings);
        foreach (var (name, (value, at)) in ServiceVariables.Read(service, surroundings.Source))
        {
            if (name == "PORT" || name.StartsWith("NEXUS_", StringComparison.Ordinal))
            {
                if (name != "PORT" || value != $"{port}")
                {
                    at.Warn($"{name} is not carried over: PORT and NEXUS_* are set by the worker agent"
                        + (name == "PORT" ? port is null ? "; there is no port" : $", PORT to {port}" : ""));
                }

                continue;
            }

            if (!TemplateKeys.EnvName.Accepts(name))
            {
                at.Warn($"variable '{Excerpt.Cut(name)}' is not carried over: a pool's variable has {TemplateKeys.EnvName.Allowed}{Instead(name)}");
                continue;
            }

            pool.SetVariable(name, value, at, references.Report(HostReferences.In(name, value), at));
        }
    }

    // The configuration of .NET reads two underscores as a colon, because names in many shells have none.
    private static string Instead(string name) =>
        name.Replace(":", "__", StringComparison.Ordinal) is var other && other != name && TemplateKeys.EnvName.Accepts(other)
            ? $"; .NET takes {Excerpt.Cut(other)} for the same"
            : "";
}
