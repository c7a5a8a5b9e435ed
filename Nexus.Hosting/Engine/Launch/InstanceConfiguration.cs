using Aspire.Hosting.ApplicationModel;
using Nexus.Hosting.Engine.Endpoints;

namespace Nexus.Hosting.Engine.Launch;

/// <summary>The variables and arguments that a running copy is started with.</summary>
/// <param name="Environment">The variables that the application asks for.</param>
/// <param name="Args">The arguments.</param>
internal sealed record InstanceConfiguration(IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> Args)
{
    /// <summary>Asks the resource's callbacks and resolves what they give.</summary>
    public static async Task<InstanceConfiguration> ResolveAsync(
        ResourceInstance instance, EngineContext context, CancellationToken cancellationToken)
    {
        var logger = context.Logs.GetLogger(instance.Id);
        var variables = new EnvironmentCallbackContext(
            context.ExecutionContext, instance.Resource, DefaultVariables.For(instance, context.Settings, context.Telemetry.Current), cancellationToken)
        {
            Logger = logger,
        };
        foreach (var annotation in instance.Resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
        {
            await annotation.Callback(variables);
        }

        var args = new CommandLineArgsCallbackContext([], instance.Resource, cancellationToken)
        {
            ExecutionContext = context.ExecutionContext,
            Logger = logger,
        };
        foreach (var annotation in instance.Resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToList())
        {
            await annotation.Callback(args);
        }

        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in variables.EnvironmentVariables)
        {
            environment[name] = await TextAsync(value);
        }

        var resolved = new List<string>();
        foreach (var value in args.Args)
        {
            resolved.Add(await TextAsync(value));
        }

        return new InstanceConfiguration(environment, resolved);

        async Task<string> TextAsync(object value) => WithOwnPorts(
            await ValueResolver.ResolveAsync(value, instance.Resource is ContainerResource, cancellationToken) ?? "", instance);
    }

    private static string WithOwnPorts(string text, ResourceInstance instance)
    {
        foreach (var (endpoint, port) in instance.ListenPorts)
        {
            text = text.Replace(EndpointAllocator.PortPlaceholder(instance.Resource.Name, endpoint), $"{port}", StringComparison.OrdinalIgnoreCase);
        }

        return text;
    }
}
