using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Nexus.Hosting.Engine.Launch;

namespace Nexus.Hosting.Engine.Containers;

/// <summary>The arguments of docker create for a container resource.</summary>
/// <param name="Name">The container's name on the engine.</param>
/// <param name="Image">The image with its tag.</param>
/// <param name="Args">The arguments, from "create" on.</param>
/// <param name="Hash">Stands for the declaration: another one means that a persistent container has to be made anew.</param>
/// <param name="IsPersistent">Whether it outlives the run.</param>
internal sealed record ContainerArguments(string Name, string Image, IReadOnlyList<string> Args, string Hash, bool IsPersistent)
{
    public const string HashLabel = "nexus.hosting.hash";

    public static ContainerArguments Create(
        ContainerResource resource, ResourcePlan plan, InstanceConfiguration configuration, string owner)
    {
        var annotations = resource.Annotations;
        var image = annotations.OfType<ContainerImageAnnotation>().Last();
        var reference = $"{image.Image}:{image.Tag ?? "latest"}";
        var persistent = OutlivesTheRun(resource);
        List<string> options = ["--add-host", $"{ValueResolver.HostFromContainer}:host-gateway"];
        foreach (var endpoint in plan.Endpoints)
        {
            options.AddRange(["--publish", Published(endpoint)]);
        }

        foreach (var mount in annotations.OfType<ContainerMountAnnotation>())
        {
            options.AddRange(["--mount", Mounted(mount)]);
        }

        foreach (var (name, value) in configuration.Environment)
        {
            // By name alone: docker takes the value from its own environment, so that secrets stay out of process lists.
            options.AddRange(["--env", IsReadByDocker(name) ? $"{name}={value}" : name]);
        }

        if (resource.Entrypoint is { } entrypoint)
        {
            options.AddRange(["--entrypoint", entrypoint]);
        }

        if (annotations.OfType<ContainerImagePullPolicyAnnotation>().LastOrDefault() is { ImagePullPolicy: not ImagePullPolicy.Default } policy)
        {
            options.AddRange(["--pull", policy.ImagePullPolicy.ToString().ToLowerInvariant()]);
        }

        options.AddRange(annotations.OfType<ContainerRuntimeArgsAnnotation>().SelectMany(a => a.Args));
        var containerName = NameOf(resource, owner);
        var hash = Hashed([.. options, reference, .. configuration.Args, .. configuration.Environment.Select(v => $"{v.Key}={v.Value}")]);
        List<string> labels =
        [
            "--label", $"{DockerCommand.OwnerLabel}={owner}", "--label", $"{DockerCommand.ResourceLabel}={resource.Name}",
            "--label", $"{HashLabel}={hash}",
        ];
        if (persistent)
        {
            labels.AddRange(["--label", $"{DockerCommand.PersistentLabel}=true"]);
        }

        return new ContainerArguments(
            containerName, reference, ["create", "--name", containerName, .. labels, .. options, reference, .. configuration.Args], hash, persistent);
    }

    /// <summary>The container's name on the engine.</summary>
    public static string NameOf(IResource resource, string owner) =>
        resource.Annotations.OfType<ContainerNameAnnotation>().LastOrDefault()?.Name ?? $"{resource.Name}-{owner}";

    /// <summary>Whether the container stays when the application ends.</summary>
    public static bool OutlivesTheRun(IResource resource) =>
        resource.Annotations.OfType<ContainerLifetimeAnnotation>().LastOrDefault()?.Lifetime == ContainerLifetime.Persistent;

    /// <summary>Whether a variable would change what the docker command itself does.</summary>
    public static bool IsReadByDocker(string name) =>
        name is "PATH" or "HOME" || name.StartsWith("DOCKER_", StringComparison.Ordinal);

    private static string Published(EndpointPlan plan)
    {
        var host = plan.Endpoint.TargetHost is "localhost" ? "127.0.0.1" : plan.Endpoint.TargetHost;
        return $"{host}:{plan.PublicPort}:{plan.ListenPorts[0]}/{plan.Endpoint.Protocol.ToString().ToLowerInvariant()}";
    }

    private static string Mounted(ContainerMountAnnotation mount)
    {
        var type = mount.Type == ContainerMountType.Volume ? "volume" : "bind";
        var source = mount.Source is null ? "" : $",source={mount.Source}";
        return $"type={type}{source},target={mount.Target}{(mount.IsReadOnly ? ",readonly" : "")}";
    }

    private static string Hashed(IEnumerable<string> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))))[..16];
}
