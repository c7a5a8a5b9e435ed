using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Nexus.Hosting.Engine.Containers;

namespace Nexus.Hosting.Engine.Endpoints;

/// <summary>Refuses a start whose port is taken, saying by whom: the program's own message seldom does.</summary>
internal static class PublicPorts
{
    public static void Require(ResourcePlan plan)
    {
        if (ContainerArguments.OutlivesTheRun(plan.Resource))
        {
            // It may hold its ports already; if somebody else does, the engine says so.
            return;
        }

        foreach (var endpoint in plan.Endpoints.Where(e => e.Endpoint.Protocol == ProtocolType.Tcp))
        {
            Require(plan.Resource, endpoint.Endpoint, endpoint.PublicPort);
            if (plan.Resource is not ContainerResource)
            {
                foreach (var port in endpoint.ListenPorts.Where(port => port != endpoint.PublicPort))
                {
                    Require(plan.Resource, endpoint.Endpoint, port);
                }
            }
        }
    }

    private static void Require(IResource resource, EndpointAnnotation endpoint, int port)
    {
        if (!FreePorts.IsFree(port, endpoint.TargetHost))
        {
            var holder = PortHolder.Describe(port) is { } found ? $" by {found}" : "";
            throw new DistributedApplicationException(
                $"port {port} of the endpoint '{endpoint.Name}' of '{resource.Name}' is in use{holder}; stop that, or choose another port");
        }
    }
}
