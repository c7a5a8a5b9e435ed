namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something that people can have done to a resource while the application runs.</summary>
/// <param name="name">Unique within the resource.</param>
/// <param name="displayName">What to call it.</param>
/// <param name="updateState">Says whether it can be done now; asked at every change of the resource.</param>
/// <param name="executeCommand">Does it.</param>
/// <param name="displayDescription">What it does, in a sentence.</param>
/// <param name="parameter">Anything the command likes to keep.</param>
/// <param name="confirmationMessage">A question to answer before it is done.</param>
/// <param name="iconName">A Fluent icon.</param>
/// <param name="iconVariant">Which kind of it.</param>
/// <param name="isHighlighted">Whether it is among the first that people look for.</param>
public sealed class ResourceCommandAnnotation(
    string name,
    string displayName,
    Func<UpdateCommandStateContext, ResourceCommandState> updateState,
    Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand,
    string? displayDescription,
    object? parameter,
    string? confirmationMessage,
    string? iconName,
    IconVariant? iconVariant,
    bool isHighlighted) : IResourceAnnotation
{
    /// <summary>Unique within the resource.</summary>
    public string Name { get; } = name;

    /// <summary>What to call it.</summary>
    public string DisplayName { get; } = displayName;

    /// <summary>Says whether it can be done now.</summary>
    public Func<UpdateCommandStateContext, ResourceCommandState> UpdateState { get; } = updateState;

    /// <summary>Does it.</summary>
    public Func<ExecuteCommandContext, Task<ExecuteCommandResult>> ExecuteCommand { get; } = executeCommand;

    /// <summary>What it does, in a sentence.</summary>
    public string? DisplayDescription { get; } = displayDescription;

    /// <summary>Anything the command likes to keep.</summary>
    public object? Parameter { get; } = parameter;

    /// <summary>A question to answer before it is done.</summary>
    public string? ConfirmationMessage { get; } = confirmationMessage;

    /// <summary>A Fluent icon.</summary>
    public string? IconName { get; } = iconName;

    /// <summary>Which kind of it.</summary>
    public IconVariant? IconVariant { get; } = iconVariant;

    /// <summary>Whether it is among the first that people look for.</summary>
    public bool IsHighlighted { get; } = isHighlighted;
}

/// <summary>What is said of a command beside its name and what it does.</summary>
public class CommandOptions
{
    /// <summary>What it does, in a sentence.</summary>
    public string? Description { get; set; }

    /// <summary>Anything the command likes to keep.</summary>
    public object? Parameter { get; set; }

    /// <summary>A question to answer before it is done.</summary>
    public string? ConfirmationMessage { get; set; }

    /// <summary>A Fluent icon.</summary>
    public string? IconName { get; set; }

    /// <summary>Which kind of it.</summary>
    public IconVariant? IconVariant { get; set; }

    /// <summary>Whether it is among the first that people look for.</summary>
    public bool IsHighlighted { get; set; }

    /// <summary>Says whether it can be done now; always, when unset.</summary>
    public Func<UpdateCommandStateContext, ResourceCommandState>? UpdateState { get; set; }
}

/// <summary>Whether a command can be done.</summary>
public enum ResourceCommandState
{
    /// <summary>It can.</summary>
    Enabled,

    /// <summary>Not now.</summary>
    Disabled,

    /// <summary>Not now, and there is no need to show it.</summary>
    Hidden,
}

/// <summary>The kind of an icon.</summary>
public enum IconVariant
{
    /// <summary>Its outline.</summary>
    Regular,

    /// <summary>Filled.</summary>
    Filled,
}
