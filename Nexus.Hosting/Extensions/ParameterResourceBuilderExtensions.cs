using Aspire.Hosting.ApplicationModel;
using Nexus.Hosting.Engine;

namespace Aspire.Hosting;

/// <summary>Adds values that the user of the application provides.</summary>
public static class ParameterResourceBuilderExtensions
{
    /// <summary>Adds a parameter whose value is configured under Parameters:name.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Unique within the application.</param>
    /// <param name="secret">Whether the value must not be shown.</param>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddParameterFromConfiguration(name, KeyOf(name), secret);

    /// <summary>Adds a parameter with a value that configuration under Parameters:name overrides.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Unique within the application.</param>
    /// <param name="value">The value.</param>
    /// <param name="publishValueAsDefault">Whether the value is written to published files.</param>
    /// <param name="secret">Whether the value must not be shown.</param>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false)
    {
        if (publishValueAsDefault && secret)
        {
            throw new ArgumentException("A secret's value is not written to published files.", nameof(publishValueAsDefault));
        }

        return Add(builder, name, KeyOf(name), secret, publishValueAsDefault ? new ConstantParameterDefault(value) : null, value);
    }

    /// <summary>Adds a parameter with a default that configuration under Parameters:name overrides.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Unique within the application.</param>
    /// <param name="value">The default.</param>
    /// <param name="secret">Whether the value must not be shown.</param>
    /// <param name="persist">Whether the default is kept for later runs.</param>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false)
    {
        var stateDirectory = EngineSettings.StateDirectoryOf(builder);
        return Add(builder, name, KeyOf(name), secret, persist ? new PersistedParameterDefault(stateDirectory, name, value) : value);
    }

    /// <summary>Adds a parameter whose value is configured under a key of its own.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Unique within the application.</param>
    /// <param name="configurationKey">The key.</param>
    /// <param name="secret">Whether the value must not be shown.</param>
    public static IResourceBuilder<ParameterResource> AddParameterFromConfiguration(
        this IDistributedApplicationBuilder builder, string name, string configurationKey, bool secret = false) =>
        Add(builder, name, configurationKey, secret, null);

    private static string KeyOf(string name) => $"Parameters:{name}";

    private static IResourceBuilder<ParameterResource> Add(
        IDistributedApplicationBuilder builder, string name, string key, bool secret, ParameterDefault? whenMissing, string? constant = null)
    {
        var configuration = builder.Configuration;

        // A dash cannot stand in the name of an environment variable: Parameters__my_key stands for Parameters:my-key too.
        string Find(ParameterDefault? value) => configuration[key]
            ?? configuration[key.Replace('-', '_')]
            ?? value?.GetDefaultValue()
            ?? constant
            ?? throw new MissingParameterValueException(WaysToGive(name, key, secret, builder.AppHostDirectory));

        return builder.AddResource(new ParameterResource(name, Find, secret) { Default = whenMissing, ConfigurationKey = key });
    }

    private static string WaysToGive(string name, string key, bool secret, string project) =>
        $"The {(secret ? "secret" : "parameter")} '{name}' has no value. Give it one, and start again: "
        + $"for all later runs with `dotnet user-secrets --project {project} set {key} VALUE`; "
        + $"by the environment with {key.Replace(":", "__", StringComparison.Ordinal).Replace('-', '_')}=VALUE; "
        + $"on the command line with --{key}=VALUE{(secret ? " (which others on this machine can see)" : "")}.";
}
