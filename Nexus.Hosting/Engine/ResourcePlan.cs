using Aspire.Hosting.ApplicationModel;

namespace Nexus.Hosting.Engine;

/// <summary>One running copy of a resource: the resource itself, or one of its replicas.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Id">Its name, with the replica's number when there are several.</param>
/// <param name="Index">The replica's number, from 0.</param>
/// <param name="ListenPorts">The port that this copy listens on, by endpoint.</param>
internal sealed record ResourceInstance(IResource Resource, string Id, int Index, IReadOnlyDictionary<string, int> ListenPorts);

/// <summary>Where an endpoint is.</summary>
/// <param name="Endpoint">The declaration.</param>
/// <param name="PublicPort">The port that others use.</param>
/// <param name="ListenPorts">The port of each running copy.</param>
/// <param name="NeedsProxy">Whether the engine listens on the public port.</param>
internal sealed record EndpointPlan(EndpointAnnotation Endpoint, int PublicPort, IReadOnlyList<int> ListenPorts, bool NeedsProxy);

/// <summary>A resource with its running copies and ports.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Instances">Its running copies.</param>
/// <param name="Endpoints">Its endpoints.</param>
internal sealed record ResourcePlan(IResource Resource, IReadOnlyList<ResourceInstance> Instances, IReadOnlyList<EndpointPlan> Endpoints)
{
    /// <summary>The addresses to show.</summary>
    public IEnumerable<UrlSnapshot> Urls()
    {
        var first = Endpoints.FirstOrDefault(e => e.Endpoint.UriScheme is "http" or "https")?.Endpoint.AllocatedEndpoint?.UriString;
        var declared = Resource.Annotations.OfType<ResourceUrlAnnotation>().Select(u => new UrlSnapshot(
            u.DisplayText, u.Url.StartsWith('/') ? first + u.Url : u.Url, IsInternal: false));
        return Endpoints
            .Select(e => new UrlSnapshot(e.Endpoint.Name, e.Endpoint.AllocatedEndpoint!.UriString, IsInternal: false))
            .Concat(declared);
    }
}
