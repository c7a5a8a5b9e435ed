using System.Text;
using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Shapes;

/// <summary>A pool as the simulation asks for it. The checker believes this, not what the product makes of the document.</summary>
internal sealed record PoolShape(string Name)
{
    public int Replicas { get; init; } = 2;

    public int Max { get; init; } = 2;

    public int Version { get; init; } = 1;

    public Behaviour Behaviour { get; init; }

    public string Strategy { get; init; } = "rolling";

    public int Surge { get; init; } = 1;

    public int Unavailable { get; init; }

    public bool Exclusive { get; init; }

    public int? HostPort { get; init; }

    public int Standby { get; init; }

    public bool Replace { get; init; } = true;

    public bool Http { get; init; } = true;

    public int IntervalMs { get; init; } = 1000;

    public int DeadlineSeconds { get; init; } = 30;

    public bool StopsFirst => Exclusive || HostPort is not null;

    public bool Broken => Behaviour is Behaviour.Crashes or Behaviour.NeverHealthy or Behaviour.Missing;

    public string Image => $"app:{Version}" + Behaviour switch
    {
        Behaviour.Slow => "-slow",
        Behaviour.Crashes => "-crash",
        Behaviour.NeverHealthy => "-never",
        Behaviour.Missing => "-missing",
        Behaviour.Deaf => "-deaf",
        _ => "",
    };

    public void Write(StringBuilder yaml)
    {
        yaml.AppendLine($"  {Name}:");
        yaml.AppendLine($"    min_replicas: {Replicas}");
        yaml.AppendLine($"    max_replicas: {Max}");
        yaml.AppendLine($"    image: {Image}");
        yaml.AppendLine("    port: 8080");
        if (HostPort is { } port)
        {
            yaml.AppendLine($"    host_port: {port}");
        }

        yaml.AppendLine(Http ? $"    health: {{type: http, path: /health, interval: {IntervalMs}ms, timeout: {Math.Min(IntervalMs, 500)}ms, startup_timeout: 20s}}"
            : $"    health: {{type: tcp, interval: {IntervalMs}ms, timeout: {Math.Min(IntervalMs, 500)}ms, startup_timeout: 20s}}");
        yaml.AppendLine("    restart: {initial_delay: 2s, max_delay: 10s}");
        yaml.AppendLine("    drain: {timeout: 5s, stop_timeout: 2s}");
        if (Exclusive)
        {
            yaml.AppendLine("    volumes:");
            yaml.AppendLine($"      - {{source: data-{Name}, target: /data, exclusive: true}}");
        }

        if (Standby > 0)
        {
            yaml.AppendLine($"    warm_standby: {Standby}");
        }

        if (!Replace)
        {
            yaml.AppendLine("    replace: false");
        }

        yaml.AppendLine("    rollout:");
        yaml.AppendLine($"      strategy: {Strategy}");
        if (!StopsFirst)
        {
            yaml.AppendLine($"      max_surge: {Surge}");
        }

        yaml.AppendLine($"      max_unavailable: {Unavailable}");
        yaml.AppendLine($"      progress_deadline: {DeadlineSeconds}s");
        if (Strategy == "canary")
        {
            yaml.AppendLine("      canary: {steps: [{weight: 30, pause: 5s}]}");
        }

        if (Strategy == "blue_green")
        {
            yaml.AppendLine("      keep_old: 5s");
        }
    }
}

/// <summary>A cluster as a seed makes it.</summary>
internal sealed record Shape(int Managers, int Nodes, int Gateways, IReadOnlyList<PoolShape> Pools)
{
    public static Shape Of(Chance chance)
    {
        var nodes = chance.Between(1, 6);
        var pools = new List<PoolShape>();
        for (var i = chance.Between(1, 3); i > 0; i--)
        {
            pools.Add(Pool("p" + i, nodes, chance.Fork()));
        }

        return new Shape(chance.In(60) ? 3 : 1, nodes, chance.Between(1, 2), pools);
    }

    private static PoolShape Pool(string name, int nodes, Chance chance)
    {
        var exclusive = nodes > 1 && chance.In(25);
        var replicas = exclusive ? chance.Between(1, nodes - 1) : chance.Between(1, 4);
        return new PoolShape(name)
        {
            Replicas = replicas,
            Max = replicas + chance.Between(0, 2),
            Surge = chance.Between(1, 2),
            Unavailable = chance.In(25) ? 1 : 0,
            Exclusive = exclusive && chance.In(60),
            HostPort = exclusive && chance.In(50) ? 9000 + name[1] : null,
            Strategy = exclusive || chance.In(60) ? "rolling" : chance.In(50) ? "canary" : "blue_green",
            Standby = !exclusive && chance.In(25) ? 1 : 0,
            Replace = !chance.In(15),
            Http = chance.In(70),
            IntervalMs = chance.Of([500, 1000, 2000]),
            DeadlineSeconds = chance.Between(15, 60),
        };
    }
}
