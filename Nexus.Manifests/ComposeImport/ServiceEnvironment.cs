using System.Text.RegularExpressions;
using Nexus.Core.Spec.Sections;

namespace Nexus.Manifests.ComposeImport;

/// <summary>The variables of a service: those of its files, and over them its own.</summary>
internal sealed class ServiceEnvironment(SpecCursor service, PoolDraft pool, ServiceSurroundings surroundings)
{
    public void Read(int? port)
    {
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

            var named = surroundings.Services.Keys.FirstOrDefault(other => NamesHost(value, other));
            pool.SetVariable(name, value, at, named is null ? null : Found(name, named, at));
        }
    }

    // What has no port is in no catalog: nothing may be said of where it is found before it has one.
    private string Found(string variable, string named, SpecCursor at)
    {
        var other = surroundings.Services[named];
        at.Warn($"{variable} names the service {named}, which "
            + (other.HasPort ? "others find" : $"has no port, so it cannot be reached: add port: to worker_pools.{other.Pool}; others then find it")
            + $" as {other.Pool}.service.consul, at the port its catalog entry says");
        return other.HasPort ? $"{named} is found as {other.Pool}.service.consul" : $"{named} has no port, so it cannot be reached: add port to pool {other.Pool}";
    }

    private static bool NamesHost(string value, string host) => Regex.IsMatch(
        value, $@"(\A|[@/,;=\s]){Regex.Escape(host)}(:[0-9]|/|,|\z)", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
}
