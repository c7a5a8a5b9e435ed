using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>What a command works with.</summary>
public sealed class ExecuteCommandContext
{
    /// <summary>The application's services.</summary>
    public required IServiceProvider Services { get; init; }

    /// <summary>The resource, or the one running copy, that it is done to.</summary>
    public required string ResourceName { get; init; }

    /// <summary>Gives up.</summary>
    public required CancellationToken CancellationToken { get; init; }

    /// <summary>Writes to the resource's own log.</summary>
    public required ILogger Logger { get; init; }
}

/// <summary>What is known when a command's state is asked for.</summary>
public sealed class UpdateCommandStateContext
{
    /// <summary>The state of the resource.</summary>
    public required CustomResourceSnapshot ResourceSnapshot { get; init; }

    /// <summary>The application's services.</summary>
    public required IServiceProvider Services { get; init; }
}

/// <summary>How a command went.</summary>
public sealed class ExecuteCommandResult
{
    /// <summary>Whether it did what it was asked for.</summary>
    public required bool Success { get; init; }

    /// <summary>Whether it was given up.</summary>
    public bool Canceled { get; init; }

    /// <summary>Why not.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>What it has to say.</summary>
    public string? Message { get; init; }
}

/// <summary>Makes results of commands.</summary>
public static class CommandResults
{
    /// <summary>It did what it was asked for.</summary>
    public static ExecuteCommandResult Success() => new() { Success = true };

    /// <summary>It did what it was asked for, and has something to say.</summary>
    /// <param name="message">What.</param>
    public static ExecuteCommandResult Success(string message) => new() { Success = true, Message = message };

    /// <summary>It did not.</summary>
    /// <param name="errorMessage">Why.</param>
    public static ExecuteCommandResult Failure(string? errorMessage = null) => new() { Success = false, ErrorMessage = errorMessage };

    /// <summary>It did not.</summary>
    /// <param name="exception">Why.</param>
    public static ExecuteCommandResult Failure(Exception exception) => Failure(exception.Message);

    /// <summary>It was given up.</summary>
    public static ExecuteCommandResult Canceled() => new() { Success = false, Canceled = true };
}

/// <summary>A command as it stands with one running copy of a resource.</summary>
/// <param name="Name">Unique within the resource.</param>
/// <param name="State">Whether it can be done now.</param>
/// <param name="DisplayName">What to call it.</param>
/// <param name="DisplayDescription">What it does, in a sentence.</param>
/// <param name="Parameter">Anything the command likes to keep.</param>
/// <param name="ConfirmationMessage">A question to answer before it is done.</param>
/// <param name="IconName">A Fluent icon.</param>
/// <param name="IconVariant">Which kind of it.</param>
/// <param name="IsHighlighted">Whether it is among the first that people look for.</param>
public sealed record ResourceCommandSnapshot(
    string Name,
    ResourceCommandState State,
    string DisplayName,
    string? DisplayDescription,
    object? Parameter,
    string? ConfirmationMessage,
    string? IconName,
    IconVariant? IconVariant,
    bool IsHighlighted);
