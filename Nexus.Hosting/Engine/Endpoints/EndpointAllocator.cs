using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Nexus.Hosting.Engine.Containers;

namespace Nexus.Hosting.Engine.Endpoints;

/// <summary>
/// Chooses the ports of a resource. A single copy listens on the public port itself; a proxy of ours stands there when
/// there are several copies, or when the program insists on another port.
/// </summary>
internal sealed class EndpointAllocator(FreePorts ports, bool randomize)
{
    public ResourcePlan Allocate(IResource resource)
    {
        var replicas = resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>()
            .Select(endpoint => resource is ContainerResource
                ? AllocateContainer(resource, endpoint)
                : AllocateProcess(resource, endpoint, replicas))
            .ToList();
        foreach (var plan in endpoints)
        {
            var ownPort = plan.ListenPorts.Count == 1 ? $"{plan.ListenPorts[0]}" : PortPlaceholder(resource.Name, plan.Endpoint.Name);
            plan.Endpoint.AllocatedEndpoint = new AllocatedEndpoint(plan.Endpoint, PublicHost(plan.Endpoint), plan.PublicPort, ownPort);
        }

        var instances = Enumerable.Range(0, replicas).Select(i => new ResourceInstance(
            resource,
            replicas == 1 ? resource.Name : $"{resource.Name}-{i}",
            i,
            endpoints.ToDictionary(e => e.Endpoint.Name, e => e.ListenPorts[i], StringComparer.OrdinalIgnoreCase))).ToList();
        resource.Annotations.Add(new InstanceIds([.. instances.Select(i => i.Id)]));
        return new ResourcePlan(resource, instances, endpoints);
    }

    /// <summary>Stands in values for a replica's own port until the replica is launched.</summary>
    public static string PortPlaceholder(string resource, string endpoint) => $"%{{port:{resource}/{endpoint}}}";

    private static string PublicHost(EndpointAnnotation endpoint) =>
        endpoint.TargetHost is "0.0.0.0" or "*" or "+" or "::" or "[::]" ? "localhost" : endpoint.TargetHost;

    private EndpointPlan AllocateContainer(IResource resource, EndpointAnnotation endpoint)
    {
        var inside = endpoint.TargetPort ?? endpoint.Port ?? throw new DistributedApplicationException(
            $"The endpoint '{endpoint.Name}' of the container '{resource.Name}' has no targetPort: "
            + "say which port the program in the container listens on.");
        var kept = resource.Annotations.OfType<KeptPorts>().LastOrDefault()?.Of(inside, endpoint.Protocol);
        var port = endpoint.Port is null || randomize ? kept ?? ports.Next() : endpoint.Port.Value;
        return new EndpointPlan(endpoint, port, [inside], NeedsProxy: false);
    }

    private EndpointPlan AllocateProcess(IResource resource, EndpointAnnotation endpoint, int replicas)
    {
        if (endpoint.IsProxied && endpoint.Port is not null && endpoint.Port == endpoint.TargetPort)
        {
            throw new DistributedApplicationException(
                $"The endpoint '{endpoint.Name}' of '{resource.Name}' is proxied and has port and targetPort {endpoint.Port}: "
                + "both cannot listen there. Leave out targetPort, or set isProxied to false.");
        }

        if (replicas > 1 && (!endpoint.IsProxied || endpoint.TargetPort is not null))
        {
            throw new DistributedApplicationException(
                $"The endpoint '{endpoint.Name}' of '{resource.Name}' fixes the port that the program listens on, "
                + $"but there are {replicas} replicas: leave out targetPort and isProxied.");
        }

        if (replicas > 1)
        {
            return new EndpointPlan(endpoint, Choose(endpoint.Port), [.. Enumerable.Range(0, replicas).Select(_ => ports.Next())], NeedsProxy: true);
        }

        if (endpoint.IsProxied && endpoint.TargetPort is { } insisted)
        {
            var open = endpoint.Port is null ? insisted : Choose(endpoint.Port);
            return new EndpointPlan(endpoint, open, [insisted], NeedsProxy: open != insisted);
        }

        var port = Choose(endpoint.Port ?? endpoint.TargetPort);
        return new EndpointPlan(endpoint, port, [port], NeedsProxy: false);
    }

    private int Choose(int? wanted) => randomize || wanted is null ? ports.Next() : wanted.Value;
}
