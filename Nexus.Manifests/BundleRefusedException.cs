using System.Collections.Immutable;

namespace Nexus.Manifests;

/// <summary>A bundle cannot be made of what was given; the message has every problem, one a line.</summary>
public sealed class BundleRefusedException(ImmutableArray<string> problems) : Exception(string.Join('\n', problems))
{
    /// <summary>The problems, one sentence each.</summary>
    public ImmutableArray<string> Problems { get; } = problems;
}
