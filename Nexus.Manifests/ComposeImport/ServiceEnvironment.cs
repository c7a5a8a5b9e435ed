using Nexus.Core.Spec.Sections;

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

            pool.SetVariable(name, value, at, references.Report(HostReferences.In(name, value), at));
        }
    }
}
