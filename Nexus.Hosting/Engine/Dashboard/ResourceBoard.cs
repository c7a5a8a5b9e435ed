using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Dashboard.Resources;

namespace Nexus.Hosting.Engine.Dashboard;

/// <summary>Shows the dashboard what the engine knows, and passes its wishes on.</summary>
internal sealed class ResourceBoard(EngineContext context) : IResourceBoard
{
    public IReadOnlyList<ResourceView> Resources =>
    [
        .. context.Model.Resources
            .SelectMany(InstanceIds.Of)
            .Select(id => context.Notifications.TryGetCurrentState(id, out var state) ? state : null)
            .OfType<ResourceEvent>()
            .Select(ViewOf),
    ];

    public IReadOnlyList<ConsoleLine> ConsoleLines(string resourceId, int after) =>
        [.. context.Logs.LinesAfter(resourceId, after).Select(line => new ConsoleLine(line.LineNumber, line.Content, line.IsErrorMessage))];

    public async Task<CommandAnswer> ExecuteAsync(string resourceId, string command, CancellationToken cancellationToken)
    {
        // Asked for only now: the commands need the engine, and the engine this.
        var result = await context.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(resourceId, command, cancellationToken);
        return result switch
        {
            { Success: true } => new CommandAnswer(true, result.Message),
            { Canceled: true } => new CommandAnswer(false, result.ErrorMessage ?? $"'{command}' of '{resourceId}' was given up."),
            _ => new CommandAnswer(false, result.ErrorMessage ?? $"'{resourceId}' refused '{command}', and did not say why."),
        };
    }

    /// <summary>The engine's words as the dashboard's.</summary>
    internal static ResourceView ViewOf(ResourceEvent state)
    {
        var (resource, snapshot) = (state.Resource, state.Snapshot);
        var text = snapshot.State?.Text ?? "Unknown";
        return new ResourceView
        {
            Id = state.ResourceId,
            Name = resource.Name,
            Type = snapshot.ResourceType,
            State = text,
            Tone = ToneOf(snapshot),
            Health = snapshot.HealthReports.IsEmpty ? null : snapshot.HealthStatus?.ToString(),
            Reason = snapshot.FailureReason ?? ResourceCondition.Complaint(snapshot),
            ExitCode = snapshot.ExitCode,
            StartedAt = text == KnownResourceStates.Running && snapshot.StartTimeStamp is { } at ? new DateTimeOffset(at, TimeSpan.Zero) : null,
            Source = SourceOf(resource),
            Addresses = [.. snapshot.Urls.Select(url => new ResourceAddress(url.Name ?? "", url.Url))],
            Checks = [.. snapshot.HealthReports.Select(r => new ResourceCheck(r.Name, r.Status?.ToString(), r.ExceptionText ?? r.Description))],
            Environment = [.. snapshot.EnvironmentVariables.Select(v => KeyValuePair.Create(v.Name, v.Value ?? ""))],
            WaitsFor = [.. resource.Annotations.OfType<WaitAnnotation>().Select(w => w.Resource.Name).Distinct(StringComparer.Ordinal)],
            Commands = [.. snapshot.Commands.Where(c => c.State != ResourceCommandState.Hidden).Select(ViewOf)],
        };
    }

    private static ResourceTone ToneOf(CustomResourceSnapshot snapshot) => snapshot switch
    {
        { State.Style: "error" } or { FailureReason: not null } or { ExitCode: not (null or 0), State.Style: not null } => ResourceTone.Bad,
        { State.Text: "Running", HealthReports: var reports } when reports.Any(r => r.Status is null) => ResourceTone.Busy,
        { State.Text: "Running", HealthStatus: HealthStatus.Healthy } => ResourceTone.Good,
        { State.Text: "Running" } or { State.Text: "RuntimeUnhealthy" } => ResourceTone.Warning,
        { State.Text: "Starting" or "Stopping" or "Waiting" } => ResourceTone.Busy,
        { State.Text: "Finished" } => ResourceTone.Good,
        _ => ResourceTone.Neutral,
    };

    private static string? SourceOf(IResource resource) => resource switch
    {
        ProjectResource => resource.Annotations.OfType<IProjectMetadata>().LastOrDefault() is { } project ? Path.GetFileName(project.ProjectPath) : null,
        ExecutableResource executable => executable.Command,
        ContainerResource => resource.Annotations.OfType<ContainerImageAnnotation>().LastOrDefault() is { } image ? $"{image.Image}:{image.Tag}" : null,
        _ => null,
    };

    private static ResourceCommand ViewOf(ResourceCommandSnapshot command) => new(command.Name, command.DisplayName)
    {
        Description = command.DisplayDescription,
        Question = command.ConfirmationMessage,
        Icon = command.IconName,
        IsEnabled = command.State == ResourceCommandState.Enabled,
        IsHighlighted = command.IsHighlighted,
    };
}
