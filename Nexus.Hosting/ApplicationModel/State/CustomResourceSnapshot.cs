using System.Collections.Immutable;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>What is known about one running copy of a resource at one moment.</summary>
public sealed record CustomResourceSnapshot
{
    /// <summary>The kind of resource: Project, Container, Executable …</summary>
    public required string ResourceType { get; init; }

    /// <summary>Facts for display.</summary>
    public required ImmutableArray<ResourcePropertySnapshot> Properties { get; init; }

    /// <summary>Where it is in its life; see <see cref="KnownResourceStates"/>.</summary>
    public ResourceStateSnapshot? State { get; init; }

    /// <summary>The exit code once it has ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The last result of each health check.</summary>
    public ImmutableArray<HealthReportSnapshot> HealthReports { get; internal init; } = [];

    /// <summary>The worst of the health reports while it runs; a check that has not run counts as unhealthy.</summary>
    public HealthStatus? HealthStatus => State?.Text != KnownResourceStates.Running ? null
        : HealthReports.IsEmpty ? Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy
        : HealthReports.Min(r => r.Status ?? Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Unhealthy);

    /// <summary>The variables it was started with.</summary>
    public ImmutableArray<EnvironmentVariableSnapshot> EnvironmentVariables { get; init; } = [];

    /// <summary>Its addresses.</summary>
    public ImmutableArray<UrlSnapshot> Urls { get; init; } = [];

    /// <summary>What people can have done to it, and whether now.</summary>
    public ImmutableArray<ResourceCommandSnapshot> Commands { get; init; } = [];

    /// <summary>The start of the running copy.</summary>
    public DateTime? StartTimeStamp { get; init; }

    /// <summary>The end of the copy that ran last.</summary>
    public DateTime? StopTimeStamp { get; init; }

    /// <summary>Whether the resource is healthy and its ready callbacks are done.</summary>
    internal bool IsReady { get; init; }

    /// <summary>Why it could not start.</summary>
    internal string? FailureReason { get; init; }
}

/// <summary>Where a resource is in its life.</summary>
/// <param name="Text">The name of the state.</param>
/// <param name="Style">How to show it: success, error, info, warn.</param>
public sealed record ResourceStateSnapshot(string Text, string? Style)
{
    /// <summary>A state without a style.</summary>
    /// <param name="s">The name of the state.</param>
    public static implicit operator ResourceStateSnapshot?(string? s) => s is null ? null : new(s, null);
}

/// <summary>The last result of one health check.</summary>
/// <param name="Name">The check.</param>
/// <param name="Status">The result; none before the first run.</param>
/// <param name="Description">What the check says.</param>
/// <param name="ExceptionText">What went wrong.</param>
public sealed record HealthReportSnapshot(string Name, HealthStatus? Status, string? Description, string? ExceptionText);

/// <summary>A variable that a resource was started with.</summary>
/// <param name="Name">The variable.</param>
/// <param name="Value">Its value.</param>
/// <param name="IsFromSpec">Whether the application asked for it.</param>
public sealed record EnvironmentVariableSnapshot(string Name, string? Value, bool IsFromSpec);

/// <summary>An address of a resource.</summary>
/// <param name="Name">The endpoint, or what the address is called.</param>
/// <param name="Url">The address.</param>
/// <param name="IsInternal">Whether it is of no use to the user.</param>
public sealed record UrlSnapshot(string? Name, string Url, bool IsInternal);

/// <summary>A fact for display.</summary>
/// <param name="Name">The fact.</param>
/// <param name="Value">Its value.</param>
public sealed record ResourcePropertySnapshot(string Name, object? Value);

/// <summary>A change of one running copy of a resource.</summary>
/// <param name="resource">The resource.</param>
/// <param name="resourceId">The running copy: the resource's name, with the replica's number when there are several.</param>
/// <param name="snapshot">What is known after the change.</param>
public class ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
{
    /// <summary>The resource.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>The running copy: the resource's name, with the replica's number when there are several.</summary>
    public string ResourceId { get; } = resourceId;

    /// <summary>What is known after the change.</summary>
    public CustomResourceSnapshot Snapshot { get; } = snapshot;
}
