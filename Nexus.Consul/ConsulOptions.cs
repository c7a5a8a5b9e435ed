using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Nexus.Consul;

/// <summary>Where Consul is and how long to wait for it; the defaults suit an agent on the same machine.</summary>
public sealed class ConsulOptions : IValidatableObject
{
    /// <summary>The configuration section these options are bound from.</summary>
    public const string Section = "Consul";

    /// <summary>Consul's HTTP address; http or https, no path.</summary>
    [Required]
    public Uri Address { get; set; } = new("http://127.0.0.1:8500");

    /// <summary>The ACL token, sent as a header and never as part of an address.</summary>
    public string? Token { get; set; }

    /// <summary>The datacenter to ask; null means the agent's own.</summary>
    public string? Datacenter { get; set; }

    /// <summary>How long one attempt of a short call may take. Without it a write through a cut-off server hangs.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one waiting read stays open when nothing changes; Consul adds up to a sixteenth to it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan WatchWait { get; set; } = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Address is { IsAbsoluteUri: true, Scheme: "http" or "https", PathAndQuery: "/" })
        {
            yield break;
        }

        yield return new ValidationResult(
            $"{Section}:{nameof(Address)} is '{Address}'; it must be http://host:port or https://host:port, without a path.",
            [nameof(Address)]);
    }
}

/// <summary>Refuses options that cannot work, naming each wrong value.</summary>
[OptionsValidator]
public sealed partial class ConsulOptionsValidator : IValidateOptions<ConsulOptions>;
