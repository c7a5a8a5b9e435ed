using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Contributes environment variables just before the resource starts, when all addresses are known.</summary>
/// <param name="callback">Fills in the variables.</param>
public class EnvironmentCallbackAnnotation(Func<EnvironmentCallbackContext, Task> callback) : IResourceAnnotation
{
    /// <summary>Fills in the variables.</summary>
    public Func<EnvironmentCallbackContext, Task> Callback { get; } = callback;
}

/// <summary>What a callback for environment variables sees.</summary>
/// <param name="executionContext">Why the application is being evaluated.</param>
/// <param name="resource">The resource that gets the variables.</param>
/// <param name="environmentVariables">The variables so far.</param>
/// <param name="cancellationToken">Signalled when the start is given up.</param>
public class EnvironmentCallbackContext(
    DistributedApplicationExecutionContext executionContext,
    IResource resource,
    Dictionary<string, object>? environmentVariables = null,
    CancellationToken cancellationToken = default)
{
    /// <summary>The variables so far: strings, or values that are resolved at the start (endpoints, parameters, expressions).</summary>
    public Dictionary<string, object> EnvironmentVariables { get; } = environmentVariables ?? new(StringComparer.Ordinal);

    /// <summary>Why the application is being evaluated.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    /// <summary>The resource that gets the variables.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>Writes to the resource's own log.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>Signalled when the start is given up.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;
}

/// <summary>Contributes command line arguments just before the resource starts, when all addresses are known.</summary>
/// <param name="callback">Appends the arguments.</param>
public class CommandLineArgsCallbackAnnotation(Func<CommandLineArgsCallbackContext, Task> callback) : IResourceAnnotation
{
    /// <summary>Appends the arguments.</summary>
    public Func<CommandLineArgsCallbackContext, Task> Callback { get; } = callback;
}

/// <summary>What a callback for arguments sees.</summary>
/// <param name="args">The arguments so far.</param>
/// <param name="resource">The resource that gets the arguments.</param>
/// <param name="cancellationToken">Signalled when the start is given up.</param>
public sealed class CommandLineArgsCallbackContext(
    IList<object> args, IResource resource, CancellationToken cancellationToken = default)
{
    /// <summary>The arguments so far: strings, or values that are resolved at the start (endpoints, parameters, expressions).</summary>
    public IList<object> Args { get; } = args;

    /// <summary>The resource that gets the arguments.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>Why the application is being evaluated.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; init; } = new(DistributedApplicationOperation.Run);

    /// <summary>Writes to the resource's own log.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Signalled when the start is given up.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;
}
