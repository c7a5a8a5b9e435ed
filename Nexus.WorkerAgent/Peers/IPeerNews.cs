using Nexus.Api.V1;

namespace Nexus.WorkerAgent.Peers;

/// <summary>The way to other agents; the simulator has one of its own.</summary>
internal interface IPeerNews
{
    /// <summary>How the allocations of an agent's node stand, then each change; throws or ends when the way breaks.</summary>
    IAsyncEnumerable<AllocationChange> ReadAsync(string apiAddress, CancellationToken cancellationToken);
}

/// <summary>By the agents' push streams.</summary>
internal sealed class PeerNews : IPeerNews, IDisposable
{
    private readonly AllocationChangeReader _reader = new();

    /// <inheritdoc/>
    public IAsyncEnumerable<AllocationChange> ReadAsync(string apiAddress, CancellationToken cancellationToken) =>
        _reader.ReadAsync(apiAddress, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();
}
