using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Nexus.Core.Ids;

namespace Nexus.Orchestrator;

/// <summary>How soon a manager concludes something from silence. Each of the times can be set by itself as well.</summary>
public enum OrchestratorProfile
{
    /// <summary>For any network: nodes are lost after 15 s.</summary>
    Standard,

    /// <summary>For machines side by side on a network that does not stall: nodes are lost after 5 s.</summary>
    Fast,
}

/// <summary>Settings of one manager.</summary>
public sealed class OrchestratorOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string Section = "Orchestrator";

    /// <summary>Name of this manager, unique in the cluster; the machine's name when empty.</summary>
    public string Name { get; set; } = "";

    /// <summary>Address at which other parts reach this manager's API; its first listening address when empty.</summary>
    public string ApiAddress { get; set; } = "";

    /// <summary>What the times below are unless they are set.</summary>
    public OrchestratorProfile Profile { get; set; }

    /// <summary>
    /// How long a silent leader keeps its lock. Renewed every third of it; the leader stops acting at 0.8 of it without
    /// asking anyone. Short is safe, because every write is fenced.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan LeaseTtl { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a node's agent may be silent before its replicas are replaced elsewhere.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "1.00:00:00")]
    public TimeSpan NodeLostAfter { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a lost node's agent must have been away before all that is known of the node is dropped.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "365.00:00:00")]
    public TimeSpan NodeForgottenAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How often everything is looked at even when nothing seems to have changed (jittered by a fifth).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan ResyncInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How far a node's clock may be from a manager's before an event and the status say so.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ClockSkewLimit { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many events are kept.</summary>
    [Range(10, 10_000)]
    public int EventsKept { get; set; } = 500;

    /// <summary>Sets the times of a profile, before what is configured is put over them.</summary>
    public void Apply(OrchestratorProfile profile)
    {
        if (profile == OrchestratorProfile.Fast)
        {
            NodeLostAfter = TimeSpan.FromSeconds(5);
            ResyncInterval = TimeSpan.FromSeconds(3);
        }
    }
}

/// <summary>Checks what attributes say.</summary>
[OptionsValidator]
public sealed partial class OrchestratorOptionsAttributes : IValidateOptions<OrchestratorOptions>;

/// <summary>Checks what attributes cannot say.</summary>
public sealed class OrchestratorOptionsRules : IValidateOptions<OrchestratorOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, OrchestratorOptions options)
    {
        if (!NameRules.IsValid(options.Name))
        {
            return ValidateOptionsResult.Fail(
                $"{OrchestratorOptions.Section}:Name is '{options.Name}'; allowed: {NameRules.Description}.");
        }

        if (options.NodeForgottenAfter < options.NodeLostAfter)
        {
            return ValidateOptionsResult.Fail(
                $"{OrchestratorOptions.Section}:NodeForgottenAfter ({options.NodeForgottenAfter}) must be at least NodeLostAfter ({options.NodeLostAfter}).");
        }

        return options.NodeLostAfter > options.LeaseTtl
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"{OrchestratorOptions.Section}:NodeLostAfter ({options.NodeLostAfter}) must be more than LeaseTtl ({options.LeaseTtl}).");
    }
}
