using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>What waits ask of a snapshot, and how a failure is told.</summary>
internal static class ResourceCondition
{
    private const int LogLinesInMessage = 30;

    /// <summary>What its first failing health check says; null when none fails.</summary>
    public static string? Complaint(CustomResourceSnapshot snapshot) =>
        snapshot.HealthReports.FirstOrDefault(r => r.Status is not (null or HealthStatus.Healthy)) is { } report
            ? $"{report.Name}: {report.ExceptionText ?? report.Description ?? report.Status.ToString()}" : null;

    public static CustomResourceSnapshot Initial(IResource resource) => new()
    {
        ResourceType = resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal),
        Properties = [],
    };

    public static bool IsStarted(CustomResourceSnapshot snapshot) => snapshot.State?.Text == KnownResourceStates.Running;

    public static bool IsHealthy(CustomResourceSnapshot snapshot) =>
        IsStarted(snapshot) && snapshot.HealthStatus == HealthStatus.Healthy && snapshot.IsReady;

    public static bool HasEnded(CustomResourceSnapshot snapshot) =>
        snapshot.State is { } state && KnownResourceStates.TerminalStates.Contains(state.Text);

    /// <summary>One sentence: what it did, with what exit code or reason.</summary>
    public static string Summary(ResourceEvent ended)
    {
        var why = ended.Snapshot.FailureReason is { } reason ? $": {reason}" : "";
        return Outcome(ended) + why;
    }

    /// <summary>What it came to, without the reason: for whom the reason has been told already.</summary>
    public static string Outcome(ResourceEvent ended)
    {
        var code = ended.Snapshot is { FailureReason: null, ExitCode: { } exitCode } ? $" (exit code {exitCode})" : "";
        return $"'{ended.ResourceId}' is {ended.Snapshot.State?.Text ?? "unknown"}{code}";
    }

    /// <summary>The sentence and the end of the resource's log, for a failure that nobody can look up later.</summary>
    public static string Describe(ResourceEvent ended, ResourceLoggerService logs)
    {
        var lines = logs.LastLines(ended.ResourceId, LogLinesInMessage);
        return lines.Count == 0 ? $"{Summary(ended)}."
            : $"{Summary(ended)}. The end of its log:{Environment.NewLine}{string.Join(Environment.NewLine, lines.Select(l => $"    {l}"))}";
    }
}

/// <summary>A resource that was waited for cannot become ready any more.</summary>
/// <param name="ended">How it ended.</param>
internal sealed class ResourceUnavailableException(ResourceEvent ended) : Exception(ResourceCondition.Outcome(ended));

/// <summary>The ids of the running copies of a resource, set by the engine once it knows how many there are.</summary>
/// <param name="ids">The ids, in order of replica.</param>
internal sealed class InstanceIds(IReadOnlyList<string> ids) : IResourceAnnotation
{
    public static IReadOnlyList<string> Of(IResource resource) =>
        resource.Annotations.OfType<InstanceIds>().LastOrDefault()?.Ids ?? [resource.Name];

    public IReadOnlyList<string> Ids { get; } = ids;
}
