using System.Reflection;

namespace Nexus.Architecture.Tests;

/// <summary>The layering of docs/architecture.md: what is not listed is forbidden.</summary>
internal static class Layers
{
    public static readonly IReadOnlyDictionary<string, string[]> Allowed = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Nexus.Core"] = [],
        ["Nexus.Consul"] = [],
        ["Nexus.ServiceDefaults"] = [],
        ["Nexus.Api"] = ["Nexus.Core"],
        ["Nexus.Runtime"] = ["Nexus.Core"],
        ["Nexus.Orchestrator"] = ["Nexus.Core", "Nexus.Api", "Nexus.Consul", "Nexus.ServiceDefaults"],
        ["Nexus.Gateway"] = ["Nexus.Core", "Nexus.Api", "Nexus.Consul", "Nexus.ServiceDefaults"],
        ["Nexus.WorkerAgent"] = ["Nexus.Core", "Nexus.Api", "Nexus.Consul", "Nexus.ServiceDefaults", "Nexus.Runtime"],
        ["Nexus.Manifests"] = ["Nexus.Core"],
        ["Nexus.Dashboard"] = [],
        ["nexus"] = ["Nexus.Core", "Nexus.Api", "Nexus.Manifests"],
        ["Nexus.Hosting"] = ["Nexus.Runtime", "Nexus.Dashboard"],
        ["Nexus.Hosting.Docker"] = ["Nexus.Hosting"],
        ["Nexus.AppHost"] = ["Nexus.Hosting", "Nexus.Hosting.Docker", "Nexus.Manifests", "Nexus.Core"],
    };

    public static IEnumerable<Assembly> Assemblies => Allowed.Keys.Select(Assembly.Load);
}
