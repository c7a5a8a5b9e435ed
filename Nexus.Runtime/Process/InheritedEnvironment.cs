using System.Collections;

namespace Nexus.Runtime.Process;

/// <summary>
/// What a workload inherits of the agent's environment: where programs and homes are, the language, the .NET install, and
/// the marks by which a hosting owner finds its leftovers. Never the agent's own settings or secrets.
/// </summary>
internal static class InheritedEnvironment
{
    private static readonly string[] Names =
    [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TMP", "TEMP", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "NEXUS_HOSTING_OWNER", "NEXUS_HOSTING_RESOURCE",
        "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64", "DOTNET_CLI_HOME", "DOTNET_CLI_TELEMETRY_OPTOUT", "DOTNET_NOLOGO",
        "DOTNET_ENVIRONMENT", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "DOTNET_RUNNING_IN_CONTAINER",
    ];

    public static SortedDictionary<string, string> Compute(IDictionary agent)
    {
        var inherited = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in agent)
        {
            var name = (string)entry.Key;
            if (Names.Contains(name, StringComparer.Ordinal) || name.StartsWith("LC_", StringComparison.Ordinal))
            {
                inherited[name] = (string?)entry.Value ?? "";
            }
        }

        return inherited;
    }
}
