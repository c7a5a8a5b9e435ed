namespace Nexus.AppHost;

/// <summary>How many of each part a cluster of that name has.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Consuls">Consul servers.</param>
/// <param name="Managers">Managers.</param>
/// <param name="Gateways">Gateways.</param>
/// <param name="Workers">Worker nodes.</param>
internal sealed record Topology(string Name, int Consuls, int Managers, int Gateways, int Workers)
{
    /// <summary>What a laptop runs.</summary>
    public static Topology Small { get; } = new("small", 1, 1, 1, 2);

    private static readonly Topology[] All =
    [
        new("single", 1, 1, 1, 1),
        Small,
        new("ha", 3, 3, 2, 6),
    ];

    /// <summary>All names, for messages.</summary>
    public static string Names => string.Join(", ", All.Select(t => t.Name));

    /// <summary>The one of that name; null when there is none.</summary>
    public static Topology? Find(string name) => Array.Find(All, t => t.Name == name);
}
