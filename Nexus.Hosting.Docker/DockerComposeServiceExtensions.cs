using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker;
using Aspire.Hosting.Docker.Publishing;
using Aspire.Hosting.Docker.Resources.ComposeNodes;

namespace Aspire.Hosting;

/// <summary>Says how a resource becomes a service of a Docker Compose project.</summary>
public static class DockerComposeServiceExtensions
{
    /// <summary>Changes the service before it is written.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="configure">Changes it; those added later come later.</param>
    public static IResourceBuilder<T> PublishAsDockerComposeService<T>(
        this IResourceBuilder<T> builder, Action<DockerComposeServiceResource, Service> configure)
        where T : IComputeResource => builder.WithAnnotation(new DockerComposeServiceCustomizationAnnotation(configure));

    /// <summary>Puts a parameter's place into the compose file, for its value to come from the .env file.</summary>
    /// <param name="builder">The parameter.</param>
    /// <param name="dockerComposeService">The service that asks.</param>
    public static string AsEnvironmentPlaceholder(
        this IResourceBuilder<ParameterResource> builder, DockerComposeServiceResource dockerComposeService) =>
        builder.Resource.AsEnvironmentPlaceholder(dockerComposeService);

    /// <summary>Puts a parameter's place into the compose file, for its value to come from the .env file.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="dockerComposeService">The service that asks.</param>
    public static string AsEnvironmentPlaceholder(this ParameterResource parameter, DockerComposeServiceResource dockerComposeService) =>
        new ComposeVariables(dockerComposeService.Parent).Of(parameter);
}
