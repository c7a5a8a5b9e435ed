namespace Aspire.Hosting.ApplicationModel;

/// <summary>The commands that every running resource understands.</summary>
public static class KnownResourceCommands
{
    /// <summary>Starts a resource that is not running.</summary>
    public static readonly string StartCommand = "resource-start";

    /// <summary>Stops a running resource.</summary>
    public static readonly string StopCommand = "resource-stop";

    /// <summary>Stops a resource and starts it again.</summary>
    public static readonly string RestartCommand = "resource-restart";
}

/// <summary>How a command went.</summary>
public sealed class ExecuteCommandResult
{
    /// <summary>Whether it did what it was asked for.</summary>
    public required bool Success { get; init; }

    /// <summary>Why not.</summary>
    public string? ErrorMessage { get; init; }
}

/// <summary>Carries out commands on resources of the running application.</summary>
public class ResourceCommandService
{
    private readonly Nexus.Hosting.Engine.ApplicationEngine _engine;

    internal ResourceCommandService(Nexus.Hosting.Engine.ApplicationEngine engine) => _engine = engine;

    /// <summary>Carries out a command on every running copy of a resource and returns when it is done.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="commandName">One of <see cref="KnownResourceCommands"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(
        IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteCommandAsync(resource.Name, commandName, cancellationToken);

    /// <summary>Carries out a command on every running copy of a resource and returns when it is done.</summary>
    /// <param name="resourceId">The resource.</param>
    /// <param name="commandName">One of <see cref="KnownResourceCommands"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(
        string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        try
        {
            await _engine.ExecuteCommandAsync(resourceId, commandName, cancellationToken);
            return new ExecuteCommandResult { Success = true };
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new ExecuteCommandResult { Success = false, ErrorMessage = exception.Message };
        }
    }
}
