using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker;
using Aspire.Hosting.Docker.Publishing;
using Aspire.Hosting.Docker.Resources;
using Aspire.Hosting.Pipelines;

namespace Aspire.Hosting;

/// <summary>Publishes an application as a Docker Compose project.</summary>
public static class DockerComposeEnvironmentExtensions
{
    /// <summary>Makes publish write a docker-compose.yaml and an .env for everything that runs code. In run mode it does nothing.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Unique within the application.</param>
    public static IResourceBuilder<DockerComposeEnvironmentResource> AddDockerComposeEnvironment(
        this IDistributedApplicationBuilder builder, string name)
    {
        var environment = new DockerComposeEnvironmentResource(name);
        if (!builder.ExecutionContext.IsPublishMode)
        {
            return builder.CreateResourceBuilder(environment);
        }

        return builder.AddResource(environment).WithAnnotation(new PipelineStepAnnotation(_ => new PipelineStep
        {
            Name = $"publish-{name}",
            Description = $"Writes the Docker Compose files of '{name}'.",
            Action = context => ComposePublisher.PublishAsync(environment, context),
            RequiredBySteps = [WellKnownPipelineSteps.Publish],
            DependsOnSteps = [WellKnownPipelineSteps.PublishPrereq],
        }));
    }

    /// <summary>Changes the environment's properties.</summary>
    /// <param name="builder">The environment.</param>
    /// <param name="configure">Changes them.</param>
    public static IResourceBuilder<DockerComposeEnvironmentResource> WithProperties(
        this IResourceBuilder<DockerComposeEnvironmentResource> builder, Action<DockerComposeEnvironmentResource> configure)
    {
        configure(builder.Resource);
        return builder;
    }

    /// <summary>Says whether the Aspire dashboard is part of the project, as a service that receives everybody's telemetry.</summary>
    /// <param name="builder">The environment.</param>
    /// <param name="enabled">Whether.</param>
    public static IResourceBuilder<DockerComposeEnvironmentResource> WithDashboard(
        this IResourceBuilder<DockerComposeEnvironmentResource> builder, bool enabled = true) =>
        builder.WithProperties(environment => environment.DashboardEnabled = enabled);

    /// <summary>Changes the compose file before it is written.</summary>
    /// <param name="builder">The environment.</param>
    /// <param name="configure">Changes it; called after the services have been customized.</param>
    public static IResourceBuilder<DockerComposeEnvironmentResource> ConfigureComposeFile(
        this IResourceBuilder<DockerComposeEnvironmentResource> builder, Action<ComposeFile> configure)
    {
        builder.Resource.ComposeFileChanges.Add(configure);
        return builder;
    }

    /// <summary>Changes the variables of the .env file before it is written.</summary>
    /// <param name="builder">The environment.</param>
    /// <param name="configure">Changes them.</param>
    public static IResourceBuilder<DockerComposeEnvironmentResource> ConfigureEnvFile(
        this IResourceBuilder<DockerComposeEnvironmentResource> builder, Action<IDictionary<string, CapturedEnvironmentVariable>> configure)
    {
        builder.Resource.EnvFileChanges.Add(configure);
        return builder;
    }
}
