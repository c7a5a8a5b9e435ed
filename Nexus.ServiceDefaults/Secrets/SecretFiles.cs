using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;

namespace Nexus.ServiceDefaults.Secrets;

/// <summary>
/// Settings from files, one a file: <c>Consul__Token</c> is the setting <c>Consul:Token</c>. For what must not stand in the
/// environment, which every child process inherits.
/// </summary>
internal static class SecretFiles
{
    /// <summary>Names the folder; where it is not set, systemd's credentials (<c>LoadCredential=</c>) are read.</summary>
    public const string Variable = "NEXUS_SECRETS_DIRECTORY";

    /// <summary>Adds the folder's files below everything else, so that what is set on purpose goes before them.</summary>
    /// <exception cref="InvalidOperationException">The folder was named and is not there.</exception>
    public static void AddSecretFiles(this IConfigurationBuilder configuration, Func<string, string?> environment)
    {
        var named = environment(Variable);
        var folder = string.IsNullOrWhiteSpace(named) ? environment("CREDENTIALS_DIRECTORY") : named;
        if (string.IsNullOrWhiteSpace(folder))
        {
            return;
        }

        if (!Directory.Exists(folder))
        {
            throw new InvalidOperationException($"The folder of secrets '{folder}' ({(folder == named ? Variable : "CREDENTIALS_DIRECTORY")}) does not exist.");
        }

        configuration.Sources.Insert(0, new KeyPerFileConfigurationSource { FileProvider = new PhysicalFileProvider(Path.GetFullPath(folder)) });
    }
}
