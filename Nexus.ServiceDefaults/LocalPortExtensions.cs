using Microsoft.AspNetCore.Builder;

namespace Nexus.ServiceDefaults;

/// <summary>Keeps endpoints for operators off the ports that the public reaches.</summary>
public static class LocalPortExtensions
{
    /// <summary>Lets the endpoint exist on one local port only, by the socket and not by the Host header; on all others its
    /// path is free. Needs <see cref="ServiceDefaultsExtensions.AddServiceDefaults{TBuilder}"/>.</summary>
    public static TBuilder RequireLocalPort<TBuilder>(this TBuilder builder, int port)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new LocalPortMetadata(port));
}
