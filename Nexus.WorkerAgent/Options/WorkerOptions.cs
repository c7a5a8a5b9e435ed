using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Nexus.Core.Ids;

namespace Nexus.WorkerAgent.Options;

/// <summary>Which runtime an agent uses.</summary>
internal enum RuntimeChoice
{
    /// <summary>Docker where an engine answers at start, else processes.</summary>
    Auto,

    /// <summary>Docker; waited for when it does not answer.</summary>
    Docker,

    /// <summary>Plain processes.</summary>
    Process,
}

/// <summary>Settings of one worker agent.</summary>
internal sealed class WorkerOptions : IValidatableObject
{
    /// <summary>Where they stand in the configuration.</summary>
    public const string Section = "Worker";

    /// <summary>Name of the node, unique in the cluster.</summary>
    public string Name { get; set; } = DefaultName();

    /// <summary>Address at which gateways and the local Consul agent reach the node's replicas.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>How replicas run.</summary>
    public RuntimeChoice Runtime { get; set; }

    /// <summary>Engine's address (<c>unix:///var/run/docker.sock</c>); null for the usual one.</summary>
    public Uri? DockerEndpoint { get; set; }

    /// <summary>
    /// Whether TCP checks of containers go to the containers' own addresses where this machine has their bridge. Where a firewall
    /// keeps the machine from its containers, false: the published port is checked then, and by the agent alone.
    /// </summary>
    public bool CheckContainersDirectly { get; set; } = true;

    /// <summary>Cluster whose workloads these are; others on the same machine are not touched.</summary>
    public string Cluster { get; set; } = "nexus";

    /// <summary>Where the agent keeps its last assignment and its processes' folders; null for the usual place.</summary>
    public string? StateDirectory { get; set; }

    /// <summary>Labels that placement constraints match.</summary>
    public Dictionary<string, string> Labels { get; set; } = [];

    /// <summary>CPU to offer in thousandths of a core; null offers what the machine has.</summary>
    [Range(1, 1_000_000)]
    public int? CpuMillicores { get; set; }

    /// <summary>Memory to offer in bytes; null offers what the machine has.</summary>
    [Range(1L << 20, 1L << 50)]
    public long? MemoryBytes { get; set; }

    /// <summary>Base address of the agent's own API as others reach it; null derives it from where it listens.</summary>
    public Uri? ApiAddress { get; set; }

    /// <summary>Where relative working directories of processes start; null for the agent's own.</summary>
    public string? ProcessWorkingDirectory { get; set; }

    /// <summary>Labels put on every container beside our own, for whoever started the agent.</summary>
    public Dictionary<string, string> OwnerLabels { get; set; } = [];

    /// <summary>Whether stopping the agent stops its workloads; by default they outlive it.</summary>
    public bool StopWorkloadsOnExit { get; set; }

    /// <summary>
    /// Whether workloads find the agent's own <c>OTEL_EXPORTER_OTLP_*</c> settings in their environment, unless their spec has
    /// others. The headers may hold a credential of the receiver, so it is off by default.
    /// </summary>
    public bool ForwardTelemetry { get; set; }

    /// <summary>Time between full looks at everything, woken or not.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ResyncInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!NameRules.IsValid(Name))
        {
            yield return new($"{Section}:{nameof(Name)} is '{Name}'; it must be {NameRules.Description}.", [nameof(Name)]);
        }

        if (!NameRules.IsValid(Cluster))
        {
            yield return new($"{Section}:{nameof(Cluster)} is '{Cluster}'; it must be {NameRules.Description}.", [nameof(Cluster)]);
        }

        if (Uri.CheckHostName(Address) == UriHostNameType.Unknown)
        {
            yield return new(
                $"{Section}:{nameof(Address)} is '{Address}'; it must be an IP address or a host name, without a port.", [nameof(Address)]);
        }

        if (ApiAddress is not null && !(ApiAddress.IsAbsoluteUri && ApiAddress.Scheme is "http" or "https"))
        {
            yield return new($"{Section}:{nameof(ApiAddress)} is '{ApiAddress}'; it must be http://host:port or https://host:port.", [nameof(ApiAddress)]);
        }
    }

    private static string DefaultName()
    {
        var name = new string([.. Environment.MachineName.ToLowerInvariant()
            .Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '-')]).Trim('-');
        return name.Length > NameRules.MaxLength ? name[..NameRules.MaxLength].TrimEnd('-') : name;
    }
}

/// <summary>Says everything that is wrong with <see cref="WorkerOptions"/> at start.</summary>
[OptionsValidator]
internal sealed partial class WorkerOptionsValidator : IValidateOptions<WorkerOptions>;
