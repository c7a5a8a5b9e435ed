using System.Net;
using k8s.Models;
using Nexus.Core.Spec;
using Nexus.Manifests.Exports;

namespace Nexus.Manifests.Kubernetes;

/// <summary>How pods are found, from inside and outside.</summary>
internal static class Routing
{
    public static V1Service? Service(PoolSpec pool, ObjectNaming naming) => pool.Template.Port is { } port
        ? new V1Service
        {
            ApiVersion = "v1",
            Kind = "Service",
            Metadata = naming.Metadata(pool.Name.Value, pool),
            Spec = new V1ServiceSpec
            {
                Selector = ObjectNaming.Selector(pool),
                Ports =
                [
                    new V1ServicePort
                    {
                        Name = Workload.PortName,
                        Port = port,
                        TargetPort = Workload.PortName,
                        AppProtocol = pool.Template.Protocol == AppProtocol.H2c ? "kubernetes.io/h2c" : null,
                    },
                ],
            },
        }
        : null;

    /// <summary>The routes, implicit ones too; null where there are none. Prefix means whole segments there as here.</summary>
    public static V1Ingress? Ingress(ClusterSpec spec, IReadOnlyList<PoolSpec> pools, ObjectNaming naming, ExportWarnings warnings)
    {
        var exported = pools.Select(pool => pool.Name).ToHashSet();
        foreach (var route in spec.Gateway.Routes.Where(route => !exported.Contains(route.Pool)))
        {
            warnings.Add("gateway.routes", $"the route {route.Host}{route.Path} leads to pool {route.Pool}, which is not exported");
        }

        var refused = spec.Gateway.Routes.Where(route => exported.Contains(route.Pool) && Objection(route) is not null).ToHashSet();
        foreach (var route in refused)
        {
            warnings.Add("gateway.routes", $"the route {route.Host}{route.Path} to pool {route.Pool} is left out: {Objection(route)}");
        }

        var rules = spec.Gateway.Routes.Where(route => exported.Contains(route.Pool) && !refused.Contains(route))
            .GroupBy(route => route.Host ?? "", StringComparer.Ordinal)
            .Select(routes => new V1IngressRule
            {
                Host = routes.Key.Length > 0 ? routes.Key : null,
                Http = new V1HTTPIngressRuleValue { Paths = [.. routes.Select(PathOf)] },
            }).ToList();
        return rules.Count == 0 ? null : new V1Ingress
        {
            ApiVersion = "networking.k8s.io/v1",
            Kind = "Ingress",
            Metadata = naming.Metadata(spec.Cluster),
            Spec = new V1IngressSpec { Rules = rules },
        };
    }

    // What the API server refuses would be refused with all other routes: an Ingress is one object.
    private static string? Objection(RouteSpec route) =>
        route.Path.Contains("%2F", StringComparison.OrdinalIgnoreCase) ? "an Ingress path of type Prefix may not have an encoded slash (%2F)"
        : IPAddress.TryParse(route.Host, out _) ? "an Ingress host is a DNS name, not an IP address"
        : null;

    private static V1HTTPIngressPath PathOf(RouteSpec route) => new()
    {
        Path = route.Path,
        PathType = "Prefix",
        Backend = new V1IngressBackend
        {
            Service = new V1IngressServiceBackend
            {
                Name = route.Pool.Value,
                Port = new V1ServiceBackendPort { Name = Workload.PortName },
            },
        },
    };
}
