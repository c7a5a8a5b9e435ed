using System.Collections.Concurrent;
using System.Collections.Immutable;
using Nexus.Api.V1;
using Nexus.Consul;

namespace Nexus.Orchestrator.Api;

/// <summary>
/// Managers and gateways from the catalog; while Consul does not answer, those last seen, since whoever asks for the status
/// then is in a hurry.
/// </summary>
internal sealed class PeerBook(ConsulClient consul, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, ImmutableArray<PeerView>> _seen = new(StringComparer.Ordinal);

    /// <summary>The instances of a service, by name.</summary>
    public async Task<ImmutableArray<PeerView>> OfAsync(string service, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var entries = await consul.Health.ServiceAsync(service, passingOnly: false, either.Token);
            return _seen[service] = [.. entries.Value.Select(ViewBuilder.Peer).OrderBy(p => p.Name, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is ConsulException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The status carries a warning then.
            return _seen.GetValueOrDefault(service, []);
        }
    }
}
