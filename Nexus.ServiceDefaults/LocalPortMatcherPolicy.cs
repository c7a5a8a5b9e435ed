using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace Nexus.ServiceDefaults;

/// <summary>An endpoint that exists on one local port only.</summary>
internal sealed record LocalPortMetadata(int Port);

/// <summary>Takes endpoints with <see cref="LocalPortMetadata"/> out of the choice on every other port, so that the path is
/// free for the application there. RequireHost would not do: the client writes the Host header.</summary>
internal sealed class LocalPortMatcherPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => -100;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        endpoints.Any(endpoint => endpoint.Metadata.GetMetadata<LocalPortMetadata>() is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        for (var i = 0; i < candidates.Count; i++)
        {
            var only = candidates[i].Endpoint.Metadata.GetMetadata<LocalPortMetadata>();
            if (only is not null && only.Port != httpContext.Connection.LocalPort)
            {
                candidates.SetValidity(i, false);
            }
        }

        return Task.CompletedTask;
    }
}
