using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The commands that every resource that is started understands.</summary>
public static class KnownResourceCommands
{
    /// <summary>Starts a resource that is not running.</summary>
    public static readonly string StartCommand = "start";

    /// <summary>Stops a running resource.</summary>
    public static readonly string StopCommand = "stop";

    /// <summary>Stops a resource and starts it again.</summary>
    public static readonly string RestartCommand = "restart";
}

/// <summary>Carries out commands on resources of the running application.</summary>
public class ResourceCommandService
{
    private readonly DistributedApplicationModel _model;
    private readonly ResourceLoggerService _logs;
    private readonly IServiceProvider _services;

    internal ResourceCommandService(IServiceProvider services)
    {
        _services = services;
        _model = services.GetRequiredService<DistributedApplicationModel>();
        _logs = services.GetRequiredService<ResourceLoggerService>();
    }

    /// <summary>Carries out a command on a resource and returns when it is done.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="commandName">One of <see cref="KnownResourceCommands"/>, or one that the resource was given.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(
        IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(resource, resource.Name, commandName, cancellationToken);

    /// <summary>Carries out a command on a resource and returns when it is done.</summary>
    /// <param name="resourceId">The resource, or one running copy of it.</param>
    /// <param name="commandName">One of <see cref="KnownResourceCommands"/>, or one that the resource was given.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(
        string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        var resource = _model.Resources.FirstOrDefault(r => IsNamed(r.Name, resourceId))
            ?? _model.Resources.FirstOrDefault(r => InstanceIds.Of(r).Any(id => IsNamed(id, resourceId)));
        return resource is not null ? ExecuteAsync(resource, resourceId, commandName, cancellationToken)
            : Task.FromResult(CommandResults.Failure(
                $"There is no resource '{resourceId}'; there are: {string.Join(", ", _model.Resources.Select(r => r.Name))}."));
    }

    private static bool IsNamed(string name, string wanted) => string.Equals(name, wanted, StringComparison.OrdinalIgnoreCase);

    private async Task<ExecuteCommandResult> ExecuteAsync(
        IResource resource, string resourceId, string name, CancellationToken cancellationToken)
    {
        var commands = resource.Annotations.OfType<ResourceCommandAnnotation>().ToList();
        if (commands.FindLast(c => c.Name == name) is not { } command)
        {
            return CommandResults.Failure(
                $"'{resourceId}' has no command '{name}'; it has: {string.Join(", ", commands.Select(c => c.Name).DefaultIfEmpty("none"))}.");
        }

        try
        {
            return await command.ExecuteCommand(new ExecuteCommandContext
            {
                Services = _services,
                ResourceName = resourceId,
                CancellationToken = cancellationToken,
                Logger = _logs.GetLogger(InstanceIds.Of(resource)[0]),
            });
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return CommandResults.Canceled();
        }
        catch (Exception exception)
        {
            return CommandResults.Failure(exception);
        }
    }
}
