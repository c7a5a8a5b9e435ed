using Nexus.Core.Ids;

namespace Nexus.Core.State;

/// <summary>A node that has volumes of a pool's replicas.</summary>
/// <param name="Node">The node.</param>
/// <param name="Replicas">Of how many replicas.</param>
public sealed record VolumeHome(NodeName Node, int Replicas);
