using Nexus.Cli.Drills.Sight;

namespace Nexus.Cli.Drills.Faults;

/// <summary>All faults there are, in the order in which they are caused: the mildest first.</summary>
internal static class FaultCatalog
{
    public static readonly IReadOnlyList<string> Names =
    [
        "steady", "kill", "hang", "crash-loop", "deploy", "listens-late", "broken-exit", "broken-unhealthy",
        "never-listens", "broken-image", "scale", "drain",
        "gateway-restart", "leader-kill", "leader-stop", "managers-kill", "consul-leader-kill", "consul-outage",
    ];

    public static IReadOnlyList<IFault> All(HttpClient http, ConsulServers consuls) =>
    [
        new SteadyFault(), new KillFault(), new HangFault(), new CrashLoopFault(), DeployFault.Plain, DeployFault.ListensLate,
        BrokenDeployFault.Exits, BrokenDeployFault.NeverHealthy, BrokenDeployFault.NeverListens, BrokenDeployFault.NoImage, new ScaleFault(), new DrainFault(), new GatewayRestartFault(),
        new LeaderKillFault(), new LeaderStopFault(), new ManagersKillFault(), new ConsulLeaderKillFault(http, consuls),
        new ConsulOutageFault(consuls),
    ];
}
