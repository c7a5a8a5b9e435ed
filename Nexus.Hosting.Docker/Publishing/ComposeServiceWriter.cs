using System.Globalization;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker.Resources.ComposeNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Pipelines;

namespace Aspire.Hosting.Docker.Publishing;

/// <summary>Makes a service of a resource that runs code.</summary>
internal sealed class ComposeServiceWriter(DockerComposeEnvironmentResource environment, PipelineStepContext context)
{
    private readonly ComposeVariables _variables = new(environment);
    private readonly ComposeValues _values = new(new ComposeVariables(environment));

    public async Task<Service> WriteAsync(IResource resource, IReadOnlySet<string> services)
    {
        var service = new Service { Name = resource.Name, Image = Image(resource), Networks = [environment.DefaultNetworkName ?? "aspire"] };
        if (resource is ContainerResource { Entrypoint: { } entrypoint })
        {
            service.Entrypoint.Add(entrypoint);
        }

        AddPorts(resource, service);
        await AddEnvironmentAsync(resource, service);
        await AddArgumentsAsync(resource, service);
        foreach (var mount in resource.Annotations.OfType<ContainerMountAnnotation>())
        {
            service.AddVolume(Mounted(mount));
        }

        foreach (var wait in resource.Annotations.OfType<WaitAnnotation>().Where(w => services.Contains(w.Resource.Name)))
        {
            service.DependsOn[wait.Resource.Name] = new ServiceDependency
            {
                Condition = wait.WaitType == WaitType.WaitForCompletion ? "service_completed_successfully" : "service_started",
            };
        }

        var target = new DockerComposeServiceResource(resource.Name, resource, environment);
        foreach (var customization in resource.Annotations.OfType<DockerComposeServiceCustomizationAnnotation>())
        {
            customization.Configure(target, service);
        }

        if (service.Image == ComposeVariables.PlaceOfImage(resource))
        {
            _variables.CaptureImage(resource);
        }

        return service;
    }

    private static Volume Mounted(ContainerMountAnnotation mount) => new()
    {
        Name = mount.Source ?? mount.Target,
        Type = mount.Type == ContainerMountType.Volume ? "volume" : "bind",
        Source = mount.Source,
        Target = mount.Target,
        ReadOnly = mount.IsReadOnly ? true : null,
    };

    private static string Image(IResource resource) =>
        resource.Annotations.OfType<ContainerImageAnnotation>().LastOrDefault() is { } image
            ? $"{image.Image}:{image.Tag ?? "latest"}"
            : ComposeVariables.PlaceOfImage(resource);

    private void AddPorts(IResource resource, Service service)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var inside = _values.PortOf(resource, endpoint);
            var suffix = endpoint.Protocol == ProtocolType.Udp ? "/udp" : "";
            var open = endpoint.Port?.ToString(CultureInfo.InvariantCulture) ?? inside;
            (endpoint.IsExternal ? service.Ports : service.Expose).Add((endpoint.IsExternal ? $"{open}:{inside}" : inside) + suffix);
        }
    }

    private async Task AddEnvironmentAsync(IResource resource, Service service)
    {
        var variables = new Dictionary<string, object>(StringComparer.Ordinal);
        var callbacks = new EnvironmentCallbackContext(context.ExecutionContext, resource, variables, context.CancellationToken)
        {
            Logger = context.Logger,
        };
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
        {
            await annotation.Callback(callbacks);
        }

        var ports = resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.UriScheme == "http").Select(e => _values.PortOf(resource, e)).ToList();
        if (resource is ProjectResource && ports.Count > 0)
        {
            service.Environment["HTTP_PORTS"] = string.Join(';', ports);
        }

        foreach (var (name, value) in variables)
        {
            service.Environment[name] = await _values.TextOfAsync(value, context.CancellationToken);
        }
    }

    private async Task AddArgumentsAsync(IResource resource, Service service)
    {
        var args = new CommandLineArgsCallbackContext([], resource, context.CancellationToken)
        {
            ExecutionContext = context.ExecutionContext,
            Logger = context.Logger,
        };
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToList())
        {
            await annotation.Callback(args);
        }

        foreach (var value in args.Args)
        {
            service.Command.Add(await _values.TextOfAsync(value, context.CancellationToken));
        }
    }
}
