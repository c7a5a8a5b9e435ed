using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.WorkerAgent.Tests;

/// <summary>Small pools that run on any Linux with busybox.</summary>
internal static class Templates
{
    public const string Busybox = "/bin/busybox";

    /// <summary>A shell script without a port, healthy while it runs.</summary>
    public static PoolTemplate Script(string script) => new()
    {
        Process = new ProcessSpec { Command = [Busybox, "sh", "-c", script] },
        Health = new HealthSpec { Type = HealthCheckType.None },
        Drain = new DrainSpec { Timeout = TimeSpan.FromMilliseconds(50), StopTimeout = TimeSpan.FromSeconds(2) },
    };

    /// <summary>Serves files over HTTP on the port it is given.</summary>
    public static PoolTemplate Web() => Script($"echo hello from $PORT; exec {Busybox} httpd -f -p 127.0.0.1:$PORT -h /tmp") with
    {
        Port = 8080,
        Health = new HealthSpec
        {
            Type = HealthCheckType.Tcp,
            Interval = TimeSpan.FromMilliseconds(500),
            StartupTimeout = TimeSpan.FromSeconds(10),
        },
    };

    public static NodeAssignment Assign(NodeName node, ulong epoch, ulong generation, params ImmutableArray<Wanted> wanted) => new()
    {
        Node = node,
        Epoch = epoch,
        Generation = generation,
        Allocations = [.. wanted.Select(w => new AllocationAssignment(
            w.Id, w.Pool, PoolRevisions.Compute(w.Template), w.Desired, w.Desired == DesiredStatus.Run ? "wanted" : "scaled down"))],
        Templates = [.. wanted
            .Select(w => new AssignedTemplate(w.Pool, PoolRevisions.Compute(w.Template), w.Template))
            .DistinctBy(t => (t.Pool, t.Revision))],
    };
}

/// <summary>One allocation of a test.</summary>
internal sealed record Wanted(string Name, PoolTemplate Template, DesiredStatus Desired = DesiredStatus.Run)
{
    public AllocationId Id => new(Name);

    /// <summary>web-1 is of pool web.</summary>
    public PoolName Pool => new(Name[..Name.LastIndexOf('-')]);
}
