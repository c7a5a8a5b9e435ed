using System.Collections.Immutable;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>How the commands of a resource stand with one running copy.</summary>
internal static class CommandSnapshots
{
    public static ImmutableArray<ResourceCommandSnapshot> Of(IResource resource, CustomResourceSnapshot snapshot, IServiceProvider services)
    {
        var context = new UpdateCommandStateContext { ResourceSnapshot = snapshot, Services = services };
        return [.. resource.Annotations.OfType<ResourceCommandAnnotation>().Select(command => Of(command, context))];
    }

    private static ResourceCommandSnapshot Of(ResourceCommandAnnotation command, UpdateCommandStateContext context)
    {
        try
        {
            return Of(command, command.UpdateState(context), command.DisplayDescription);
        }
        catch (Exception exception)
        {
            // It must not keep the resource's own state from being told.
            return Of(command, ResourceCommandState.Disabled, $"{command.DisplayDescription} (its state cannot be told: {exception.Message})".TrimStart());
        }
    }

    private static ResourceCommandSnapshot Of(ResourceCommandAnnotation command, ResourceCommandState state, string? description) => new(
        command.Name, state, command.DisplayName, description, command.Parameter,
        command.ConfirmationMessage, command.IconName, command.IconVariant, command.IsHighlighted);
}
