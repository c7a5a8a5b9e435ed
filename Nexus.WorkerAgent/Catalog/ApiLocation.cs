using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Catalog;

/// <summary>Where the agent's own API is reached; known once the server listens, since its port may be any free one.</summary>
internal sealed class ApiLocation(
    IServer server, IHostApplicationLifetime lifetime, WorkerOptions options, AgentIdentity identity)
{
    /// <summary>The base address, as soon as the server listens.</summary>
    public async Task<Uri> WhenKnownAsync(CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await started.Task.WaitAsync(cancellationToken);
        if (options.ApiAddress is { } set)
        {
            return set;
        }

        var listening = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://127.0.0.1:80";
        var address = new UriBuilder(listening
            .Replace("//+", "//0.0.0.0", StringComparison.Ordinal)
            .Replace("//*", "//0.0.0.0", StringComparison.Ordinal));
        var everywhere = IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip)
            && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));
        if (everywhere)
        {
            address.Host = identity.Address;
        }

        return address.Uri;
    }
}
