namespace Nexus.Simulation.Tests.Planted;

/// <summary>All planted bugs. Each must be caught.</summary>
internal static class PlantedBugs
{
    public static IReadOnlyList<PlantedBug> All { get; } = [];

    public static PlantedBug? Find(string? name) => name is null ? null : All.First(b => b.Name == name);
}
