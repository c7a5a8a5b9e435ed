using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Nexus.Api.State;

namespace Nexus.Orchestrator.Leadership;

/// <summary>What this manager is called and where its API answers.</summary>
internal sealed class ManagerIdentity(IOptions<OrchestratorOptions> options, IServer server)
{
    public string Name => options.Value.Name;

    public string Source => "orchestrator/" + Name;

    public string ServiceId => $"{CatalogNames.Orchestrator}-{Name}";

    /// <summary>One of its own for every process: a predecessor that was killed a moment ago left a session on its check,
    /// and renewing that one would keep the lock with the dead for ever.</summary>
    public string CheckId { get; } = $"{CatalogNames.Orchestrator}-{options.Value.Name}:lease:{Guid.NewGuid().ToString("n")[..8]}";

    /// <summary>Configured, or the first address the server listens on. Known once the server has started.</summary>
    public Uri ApiAddress
    {
        get
        {
            var address = options.Value.ApiAddress.Length > 0
                ? options.Value.ApiAddress
                : server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://127.0.0.1:8420";
            return new Uri(address.Replace("://*", "://127.0.0.1", StringComparison.Ordinal)
                .Replace("://+", "://127.0.0.1", StringComparison.Ordinal)
                .Replace("://[::]", "://127.0.0.1", StringComparison.Ordinal)
                .Replace("://0.0.0.0", "://127.0.0.1", StringComparison.Ordinal));
        }
    }
}
