namespace Nexus.Dashboard;

/// <summary>Where the dashboard of a local run answers.</summary>
public sealed class DashboardOptions
{
    /// <summary>Port of its pages on the loopback address; 0 takes a free one.</summary>
    public int Port { get; set; }
}
