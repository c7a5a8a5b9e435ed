using System.Diagnostics.CodeAnalysis;
using Aspire.Hosting.ApplicationModel;
using Nexus.Hosting.ProjectFiles;

namespace Aspire.Hosting;

/// <summary>Adds .NET projects.</summary>
public static class ProjectResourceBuilderExtensions
{
    /// <summary>Adds a project that the AppHost refers to; it runs from the output that the AppHost's build has made.</summary>
    /// <typeparam name="TProject">The class that the build generated for the project.</typeparam>
    /// <param name="builder">The application.</param>
    /// <param name="name">Unique within the application.</param>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new() => builder.AddProject<TProject>(name, static _ => { });

    /// <inheritdoc cref="AddProject{TProject}(IDistributedApplicationBuilder, string)" />
    /// <param name="builder">The application.</param>
    /// <param name="name">Unique within the application.</param>
    /// <param name="launchProfileName">The launch profile; none when it is null.</param>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, string? launchProfileName)
        where TProject : IProjectMetadata, new() => builder.AddProject<TProject>(name, Profile(launchProfileName));

    /// <inheritdoc cref="AddProject{TProject}(IDistributedApplicationBuilder, string)" />
    /// <param name="builder">The application.</param>
    /// <param name="name">Unique within the application.</param>
    /// <param name="configure">Says what is taken from the project beside its code.</param>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, Action<ProjectResourceOptions> configure)
        where TProject : IProjectMetadata, new() => Add(builder, name, new TProject(), configure);

    /// <summary>Adds a project by its path; it must have been built.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Unique within the application.</param>
    /// <param name="projectPath">The project file, or its built assembly; relative to the AppHost's folder.</param>
    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, string projectPath) =>
        builder.AddProject(name, projectPath, static _ => { });

    /// <inheritdoc cref="AddProject(IDistributedApplicationBuilder, string, string)" />
    /// <param name="builder">The application.</param>
    /// <param name="name">Unique within the application.</param>
    /// <param name="projectPath">The project file, or its built assembly; relative to the AppHost's folder.</param>
    /// <param name="launchProfileName">The launch profile; none when it is null.</param>
    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, string projectPath, string? launchProfileName) =>
        builder.AddProject(name, projectPath, Profile(launchProfileName));

    /// <inheritdoc cref="AddProject(IDistributedApplicationBuilder, string, string)" />
    /// <param name="builder">The application.</param>
    /// <param name="name">Unique within the application.</param>
    /// <param name="projectPath">The project file, or its built assembly; relative to the AppHost's folder.</param>
    /// <param name="configure">Says what is taken from the project beside its code.</param>
    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, string projectPath, Action<ProjectResourceOptions> configure) =>
        Add(builder, name, new ProjectByPath(Path.GetFullPath(projectPath, builder.AppHostDirectory)), configure);

    /// <summary>Runs the project several times, behind one port that spreads connections over the replicas.</summary>
    /// <param name="builder">The project.</param>
    /// <param name="replicas">How many; at least 1.</param>
    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        return builder.WithAnnotation(new ReplicaAnnotation(replicas), ResourceAnnotationMutationBehavior.Replace);
    }

    /// <summary>
    /// Leaves forwarded headers to the project itself. Otherwise its published form believes them of everybody, which is right behind a
    /// proxy that is the only way in, and nowhere else.
    /// </summary>
    /// <param name="builder">The project.</param>
    public static IResourceBuilder<ProjectResource> DisableForwardedHeaders(this IResourceBuilder<ProjectResource> builder) =>
        builder.WithAnnotation(new OwnForwardedHeadersAnnotation(), ResourceAnnotationMutationBehavior.Replace);

    private static Action<ProjectResourceOptions> Profile(string? name) => options =>
    {
        options.LaunchProfileName = name;
        options.ExcludeLaunchProfile = name is null;
    };

    /// <summary>What a project is told where it is published, and not told here.</summary>
    private static void AddPublished(EnvironmentCallbackContext context)
    {
        if (!context.ExecutionContext.IsPublishMode)
        {
            return;
        }

        context.EnvironmentVariables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
        if (ServesHttp(context.Resource) && !context.Resource.Annotations.OfType<OwnForwardedHeadersAnnotation>().Any())
        {
            context.EnvironmentVariables["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
        }
    }

    private static bool ServesHttp(IResource resource) =>
        resource.Annotations.OfType<EndpointAnnotation>().Any(e => e.UriScheme is "http" or "https");

    [SuppressMessage("Performance", "CA1859", Justification = "The generated metadata classes come here too.")]
    private static IResourceBuilder<ProjectResource> Add(
        IDistributedApplicationBuilder builder, string name, IProjectMetadata metadata, Action<ProjectResourceOptions> configure)
    {
        var options = new ProjectResourceOptions();
        configure(options);
        var project = builder.AddResource(new ProjectResource(name)).WithAnnotation(metadata).WithEnvironment(AddPublished);
        if (LaunchProfiles.Find(metadata.ProjectPath, options) is not { } profile)
        {
            return project;
        }

        foreach (var url in (profile.ApplicationUrl ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // A wildcard host is legal for Kestrel but not for Uri.
            var uri = new Uri(url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal));
            project.WithEndpoint(uri.Scheme, endpoint =>
            {
                endpoint.Port = uri.Port == 0 ? null : uri.Port;
                endpoint.UriScheme = uri.Scheme;
                endpoint.TargetHost = uri.Host;
            });
        }

        return project.WithEnvironment(context =>
        {
            foreach (var (key, value) in profile.EnvironmentVariables)
            {
                context.EnvironmentVariables.TryAdd(key, value);
            }
        });
    }
}

/// <summary>The project deals with forwarded headers itself.</summary>
internal sealed class OwnForwardedHeadersAnnotation : IResourceAnnotation;
