using System.Collections.Immutable;

namespace Nexus.Bundle.Tests;

/// <summary>What a machine is to be.</summary>
/// <param name="Name">Its name, unlike that of any other that runs at the same time.</param>
/// <param name="HasDocker">Whether it has a Docker Engine of its own.</param>
internal sealed record MachineKind(string Name, bool HasDocker = false)
{
    /// <summary>Folders of this machine that it sees, read-only.</summary>
    public ImmutableArray<(string Here, string There)> Shared { get; init; } = [];

    /// <summary>A name that no other test run on this machine has.</summary>
    public static string NewName(string stem) => $"{stem}-{Guid.NewGuid().ToString("n")[..6]}";
}
