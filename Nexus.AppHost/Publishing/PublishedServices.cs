using System.Globalization;
using System.Text.RegularExpressions;
using Aspire.Hosting.Docker;
using Aspire.Hosting.Docker.Resources.ComposeNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;
using Nexus.Manifests;
using Nexus.Manifests.Compose;

namespace Nexus.AppHost.Publishing;

/// <summary>How a part becomes a service of the published Compose project.</summary>
/// <param name="Image">Where its image comes from; null where the composition names it.</param>
/// <param name="Memory">The most it may have.</param>
/// <param name="Probe">The command in its image that says whether it is well; null where none does.</param>
/// <param name="Change">What is particular to it.</param>
internal sealed record PublishedService(
    PublishedImage? Image, string Memory, IReadOnlyList<string>? Probe, Action<DockerComposeServiceResource, Service>? Change = null);

/// <summary>An image that whoever rolls out may choose.</summary>
/// <param name="Parameter">The choice.</param>
/// <param name="Usual">What it is when nobody chooses.</param>
internal sealed record PublishedImage(IResourceBuilder<ParameterResource> Parameter, string Usual)
{
    /// <summary>Its place in the compose file.</summary>
    public string PlaceIn(DockerComposeServiceResource resource) =>
        $"{Parameter.AsEnvironmentPlaceholder(resource).TrimEnd('}')}:-{Usual}}}";
}

/// <summary>The kinds of services of the published Compose project. In a local run nothing of them is asked for.</summary>
internal sealed class PublishedServices
{
    private readonly IResourceBuilder<ParameterResource>? _machineAddress;

    /// <summary>Declares what is left open for whoever rolls out: the images, the machine's address, Consul's key.</summary>
    public PublishedServices(IDistributedApplicationBuilder builder, BundleOptions bundle, bool isPublished)
    {
        if (isPublished)
        {
            GossipKey = builder.AddParameter("consul-gossip-key", secret: true);
            _machineAddress = builder.AddParameter("machine-address");
        }

        Consul = new(null, "512M", ["consul", "info"], ConsulService);
        Orchestrator = new(Image("orchestrator"), "256M", Asking("Nexus.Orchestrator", 8080));
        Gateway = new(Image("gateway"), "512M", Asking("Nexus.Gateway", 8081), (_, service) => AddState(service));
        Worker = new(Image("worker"), "256M", Asking("Nexus.WorkerAgent", 8080), WorkerService);
        Cli = new(Image("cli"), "128M", Probe: null, CliService);

        PublishedImage? Image(string part)
        {
            var name = $"{part}-image";
            var usual = builder.Configuration[$"Parameters:{name}"] is { Length: > 0 } chosen ? chosen : Images.Of(part, bundle);
            return isPublished ? new(builder.AddParameter(name, usual, publishValueAsDefault: true), usual) : null;
        }
    }

    /// <summary>Encrypts what Consul's servers say to each other; null in a local run.</summary>
    public IResourceBuilder<ParameterResource>? GossipKey { get; }

    public PublishedService Consul { get; }

    public PublishedService Orchestrator { get; }

    public PublishedService Gateway { get; }

    public PublishedService Worker { get; }

    public PublishedService Cli { get; }

    // The images hold no shell and no curl; every program of ours can ask one that runs.
    private static IReadOnlyList<string> Asking(string program, int port) =>
        [$"/app/{program}", "--healthcheck", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/health")];

    private static void ConsulService(DockerComposeServiceResource resource, Service service)
    {
        // Its entrypoint gives the data folder to its own user, and then becomes it.
        service.CapAdd.AddRange(["CHOWN", "SETGID", "SETUID"]);
        service.ReadOnly = null;
    }

    private static void CliService(DockerComposeServiceResource resource, Service service)
    {
        service.Restart = "on-failure";
        service.AddVolume(new Volume { Name = "spec", Type = "bind", Source = "./nexus.yaml", Target = "/etc/nexus/nexus.yaml", ReadOnly = true });
    }

    private static void AddState(Service service) =>
        service.AddVolume(new Volume { Name = $"{service.Name}-state", Type = "volume", Source = $"{service.Name}-state", Target = "/var/lib/nexus" });

    private void WorkerService(DockerComposeServiceResource resource, Service service)
    {
        AddState(service);

        // It starts containers beside its own and watches their processes.
        service.AddVolume(new Volume { Name = "engine", Type = "bind", Source = "/var/run/docker.sock", Target = "/var/run/docker.sock" });
        service.User = "0:0";
        service.Pid = "host";
        service.Environment["Worker__Address"] = _machineAddress!.AsEnvironmentPlaceholder(resource);
        service.Environment.Remove("Worker__ProcessWorkingDirectory");
    }
}

/// <summary>Makes services of the parts.</summary>
internal static partial class PublishedServiceExtensions
{
    /// <summary>Says how the part is published: with as few rights as it can do with, limits, and logs that end.</summary>
    /// <param name="builder">The part.</param>
    /// <param name="service">What is particular to its kind.</param>
    /// <param name="open">The endpoint that the world may use.</param>
    public static IResourceBuilder<T> PublishedAs<T>(this IResourceBuilder<T> builder, PublishedService service, string? open = null)
        where T : IComputeResource, IResourceWithEndpoints
    {
        if (open is not null)
        {
            builder.WithEndpoint(open, endpoint => endpoint.IsExternal = true);
        }

        return builder.PublishAsDockerComposeService((resource, written) =>
        {
            written.Image = service.Image?.PlaceIn(resource) ?? written.Image;
            written.Restart = "unless-stopped";
            written.Init = true;
            written.ReadOnly = true;
            written.Tmpfs = ["/tmp"];
            written.CapDrop = ["ALL"];
            written.SecurityOpt = ["no-new-privileges:true"];
            written.StopGracePeriod = "30s";
            written.Logging = new Logging { Driver = "json-file", Options = new() { ["max-size"] = "10m", ["max-file"] = "3" } };
            written.Deploy = new Deploy { Resources = new Resources { Limits = new ResourceSpec { Cpus = "1.0", Memory = service.Memory } } };
            foreach (var dependency in written.DependsOn.Values)
            {
                dependency.Condition = "service_healthy"; // whatever is waited for has a probe
            }

            if (service.Probe is { } probe)
            {
                written.Healthcheck = new Healthcheck
                {
                    Test = ["CMD", .. probe],
                    Interval = "10s", // each runs a program of its own
                    Timeout = "5s",
                    Retries = 3,
                    StartPeriod = "30s",
                };
            }

            service.Change?.Invoke(resource, written);
            RequireValues(written);
        });
    }

    /// <summary>Compose takes a key without a value for an empty one, and starts Consul without encryption, say. So it shall refuse.</summary>
    private static void RequireValues(Service service)
    {
        foreach (var (name, value) in service.Environment.ToList())
        {
            service.Environment[name] = OpenPlace().Replace(value, "$${${key}:?give it a value in .env, as README.md says}");
        }
    }

    [GeneratedRegex(@"\$\{(?<key>[A-Za-z0-9_]+)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex OpenPlace();
}
