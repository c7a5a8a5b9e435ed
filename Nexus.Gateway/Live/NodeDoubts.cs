using System.Collections.Immutable;

namespace Nexus.Gateway.Live;

/// <summary>Nodes whose agent Consul has not heard of lately. Scheduler and gateway doubt the same ones at the same time, and the
/// gateway then says what its own connections tell.</summary>
internal sealed class NodeDoubts
{
    private volatile ImmutableHashSet<string> _silent = [];

    public ImmutableHashSet<string> Silent => _silent;

    public void Set(ImmutableHashSet<string> silent) => _silent = silent;
}
