using System.Collections.Immutable;
using Nexus.Api.V1;
using Nexus.Core.Rollouts;
using Nexus.Core.State;

namespace Nexus.Cli.Tests.Fakes;

/// <summary>A small cluster to look at.</summary>
internal static class Samples
{
    public const string Yaml = """
        worker_pools:
          web:
            min_replicas: 3
            max_replicas: 6
            image: sample:1
            port: 8080
        """;

    public static readonly DateTimeOffset Now = new(2030, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public static PoolView Pool(string name, int desired, int healthy, int upToDate, string? blocked = null) => new()
    {
        Name = name,
        Image = "sample:1",
        Revision = "ab12cd34ef",
        Desired = desired,
        Running = desired,
        Healthy = healthy,
        UpToDate = upToDate,
        MinReplicas = desired,
        MaxReplicas = desired * 2,
        Blocked = blocked,
    };

    public static AllocationView Allocation(string id, string pool, AllocationPhase? phase, bool healthy) => new()
    {
        Id = id,
        Pool = pool,
        Node = "n1",
        Revision = "ab12cd34ef",
        Phase = phase,
        Healthy = healthy,
        Endpoint = "127.0.0.1:32768",
        StartedAt = Now.AddMinutes(-5),
    };

    public static NodeView Node(string name) => new()
    {
        Name = name,
        Status = NodeStatus.Ready,
        Address = "127.0.0.1",
        Arch = "amd64",
        CpuMillicores = 2000,
        ReservedCpuMillicores = 1500,
        MemoryBytes = 4L << 30,
        ReservedMemoryBytes = 384L << 20,
        Allocations = 3,
        AgentVersion = "0.1.0",
        Labels = ImmutableSortedDictionary<string, string>.Empty.Add("disk", "ssd").Add("zone", "a"),
    };

    public static EventView Event(int number, string pool = "web", EventSeverity severity = EventSeverity.Info) => new(
        $"01HZ{number:0000}", Now.AddMinutes(number - 10), "AllocationExited", severity, $"event {number}", "worker/n1", pool, $"{pool}-1-0", "n1");

    public static RolloutView Rollout(RolloutPhase phase, string target = "ab12cd34ef", string reason = "") => new()
    {
        Pool = "web",
        Number = 4,
        Phase = phase,
        Target = target,
        Requested = "ab12cd34ef",
        Stable = "0ld0ld0ld0",
        Image = "sample:1",
        Desired = 3,
        Updated = 2,
        Available = 1,
        Old = 2,
        StartedAt = Now.AddSeconds(-4),
        Reason = reason,
        History = [new RolloutHistoryView(3, "0ld0ld0ld0", 2, "sample:0", Now.AddHours(-1), Now.AddHours(-1).AddSeconds(3), RolloutPhase.Stable, "all available")],
    };

    public static StatusView Status => new()
    {
        Cluster = "demo",
        SpecRevision = 3,
        Leader = new LeaderView("m1", "http://127.0.0.1:8420", 17, Now.AddHours(-2)),
        Managers = [new PeerView("m1", "http://127.0.0.1:8420", true), new PeerView("m2", "http://127.0.0.2:8420", false)],
        Gateways = [new PeerView("g1", "http://127.0.0.1:8081", true) { TrafficAddresses = ["http://127.0.0.1:8080"] }],
        Pools = [Pool("api", 2, 2, 2), Pool("web", 3, 2, 1, "no node with 512 MB free")],
        Allocations =
        [
            Allocation("web-1-0", "web", AllocationPhase.Running, healthy: true),
            Allocation("web-1-1", "web", AllocationPhase.Failed, healthy: false) with { ExitCode = 137, Restarts = 4, Reason = "killed [out of memory]", Endpoint = null },
            Allocation("api-1-0", "api", AllocationPhase.Running, healthy: true) with { Desired = DesiredStatus.Stop },
            Allocation("web-1-2", "web", null, healthy: false) with { StartedAt = null, Endpoint = null },
        ],
        Nodes = [Node("n1")],
    };
}
