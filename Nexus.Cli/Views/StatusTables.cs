using System.Collections.Immutable;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Core.State;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Nexus.Cli.Views;

/// <summary>The views of the API as tables.</summary>
internal static class StatusTables
{
    /// <summary>The cluster at a glance; a part with nothing in it is left out.</summary>
    public static IRenderable Status(StatusView status, DateTimeOffset now)
    {
        var parts = new List<IRenderable> { Summary(status, now) };
        Add(parts, status.Managers.Length + status.Gateways.Length, () => Peers(status));
        Add(parts, status.Pools.Length, () => Pools(status.Pools));
        Add(parts, status.Routes.Length, () => Routes(status.Routes));
        Add(parts, status.Allocations.Length, () => Allocations(status.Allocations, now));
        Add(parts, status.Nodes.Length, () => Nodes(status.Nodes, labels: false));
        return new Rows(parts);
    }

    public static IRenderable Nodes(ImmutableArray<NodeView> nodes, bool labels)
    {
        string[] headings = ["NODE", "STATUS", "ADDRESS", "RUNTIME", "ARCH", "CPU", "MEMORY", "ALLOCATIONS"];
        string[] more = labels ? ["VERSION", "LABELS"] : [];
        string[] note = nodes.Any(n => n.Blocked is not null || n.Problem is not null) ? ["NOTE"] : [];
        var table = new ColumnTable([.. headings, .. more, .. note]);
        foreach (var node in nodes.OrderBy(n => n.Name, StringComparer.Ordinal))
        {
            Piece[] row =
            [
                node.Name, Word(node.Status), node.Address, Lower(node.Runtime), node.Arch,
                $"{HumanUnits.Cores(node.ReservedCpuMillicores)} of {HumanUnits.Cpu(node.CpuMillicores)}",
                $"{HumanUnits.Bytes(node.ReservedMemoryBytes)} of {HumanUnits.Bytes(node.MemoryBytes)}",
                $"{node.Allocations}",
            ];
            Piece[] details = labels ? [node.AgentVersion, string.Join(' ', node.Labels.Select(l => $"{l.Key}={l.Value}"))] : [];
            Piece[] words = note.Length > 0 ? [NoteOf(node)] : [];
            table.Row([.. row, .. details, .. words]);
        }

        return table;
    }

    private static Piece NoteOf(NodeView node) => node switch
    {
        { Problem: { } problem, Blocked: null } => new Piece(problem, Palette.Bad),
        { Problem: { } problem, Blocked: { } blocked } => new Piece($"{problem}; {blocked}", Palette.Bad),
        _ => node.Blocked ?? "",
    };

    private static ColumnTable Summary(StatusView status, DateTimeOffset now)
    {
        var cluster = status.SpecRevision == 0
            ? "no spec applied yet; apply one with 'nexus apply FILE'"
            : $"{status.Cluster}, spec revision {status.SpecRevision}{Applied(status, now)}";
        var leader = status.Leader is { } l
            ? $"{l.Manager} at {l.ApiAddress}, epoch {l.Epoch}, elected {HumanUnits.Ago(l.Since, now)}"
            : status.Problems.Any(p => p.Key == StateKeys.Leader) ? new Piece("unknown: its record cannot be read", Palette.Bad)
            : new Piece("none: replicas serve on, but nothing is placed or replaced until one is elected", Palette.Bad);
        var table = ColumnTable.OfPairs();
        table.Row(new Piece("Cluster", Palette.Heading), cluster);
        table.Row(new Piece("Leader", Palette.Heading), leader);
        if (status.Warning is { } warning)
        {
            table.Row(new Piece("Warning", Palette.Heading), new Piece(warning, Palette.Bad));
        }

        foreach (var problem in status.Problems)
        {
            table.Row(
                new Piece("Unreadable", Palette.Heading),
                new Piece($"{problem.Key}: {problem.Reason}; repair: {problem.Repair}", Palette.Bad));
        }

        foreach (var advice in status.Warnings)
        {
            table.Row(new Piece("Warning", Palette.Heading), new Piece(advice, Palette.Bad));
        }

        return table;
    }

    private static string Applied(StatusView status, DateTimeOffset now) =>
        (status.SpecAppliedBy is { Length: > 0 } by ? $", applied by {by}" : "")
        + (status.SpecAppliedAt is { } at ? $" {HumanUnits.Ago(at, now)}" : "");

    private static ColumnTable Routes(ImmutableArray<RouteView> routes)
    {
        var table = new ColumnTable("ROUTE", "STATE", "POOL", "SERVED-BY", "REASON");
        foreach (var route in routes)
        {
            table.Row(route.Route.Length > 0 ? route.Route : "-", Word(route.State), route.Pool.Length > 0 ? route.Pool : "-", route.Serving ?? "-", route.Reason);
        }

        return table;
    }

    private static Piece Word(RouteState state) => state switch
    {
        RouteState.Waiting => new("waiting", Palette.Changing),
        RouteState.NotSwitched => new("not switched", Palette.Bad),
        RouteState.Applying => new("applying", Palette.Changing),
        _ => new("refused", Palette.Bad),
    };

    private static ColumnTable Peers(StatusView status)
    {
        var table = new ColumnTable("SERVICE", "ROLE", "ADDRESS", "ADMIN", "HEALTH");
        foreach (var (peer, role) in status.Managers.Select(p => (p, p.Name == status.Leader?.Manager ? "manager, leader" : "manager"))
            .Concat(status.Gateways.Select(p => (p, "gateway"))))
        {
            var traffic = string.Join(", ", peer.TrafficAddresses);
            table.Row(
                peer.Name, role, traffic.Length > 0 ? traffic : peer.Address, traffic.Length > 0 ? peer.Address : "-", Health(peer.Healthy));
        }

        return table;
    }

    private static ColumnTable Pools(ImmutableArray<PoolView> pools)
    {
        var table = new ColumnTable("POOL", "STATE", "DESIRED", "RUNNING", "HEALTHY", "UP-TO-DATE", "LIMITS", "REVISION", "IMAGE", "NOTE");
        foreach (var pool in pools)
        {
            var image = pool.ServingImage ?? pool.Image;
            table.Row(
                pool.Name, PoolState.Word(pool), $"{pool.Desired}", $"{pool.Running}", $"{pool.Healthy}", $"{pool.UpToDate}",
                $"{pool.MinReplicas}-{pool.MaxReplicas}", pool.ServingRevision ?? pool.Revision, image.Length > 0 ? image : "(process)",
                PoolState.Note(pool));
        }

        return table;
    }

    public static ColumnTable Allocations(ImmutableArray<AllocationView> allocations, DateTimeOffset now)
    {
        var table = new ColumnTable("ALLOCATION", "NODE", "STATE", "ENDPOINT", "REVISION", "RESTARTS", "STARTED", "REASON");
        foreach (var allocation in allocations.OrderBy(a => a.Pool, StringComparer.Ordinal).ThenBy(a => a.Id, StringComparer.Ordinal))
        {
            table.Row(
                allocation.Id, allocation.Node, State(allocation), allocation.Endpoint ?? "-", allocation.Revision,
                $"{allocation.Restarts}", allocation.StartedAt is { } at ? HumanUnits.Ago(at, now) : "-", string.Join("; ", new[] { allocation.Reason, allocation.Trouble }.OfType<string>()));
        }

        return table;
    }

    private static Piece State(AllocationView allocation)
    {
        var phase = allocation.Phase switch
        {
            null => "not reported yet",
            AllocationPhase.Running => allocation.Healthy ? "running, healthy" : "running, unhealthy",
            AllocationPhase.Failed when allocation.ExitCode is { } code => $"failed, exit code {code}",
            { } other => Lower(other),
        };
        var stopping = allocation.Desired == DesiredStatus.Stop && allocation.Phase is not AllocationPhase.Stopped;
        var style = allocation.Phase switch
        {
            AllocationPhase.Running when allocation.Healthy && !stopping => Palette.Good,
            AllocationPhase.Failed or AllocationPhase.Lost => Palette.Bad,
            AllocationPhase.Running when !stopping => Palette.Bad,
            _ => Palette.Changing,
        };
        return new Piece(stopping ? $"{phase}, to be stopped" : phase, style);
    }

    private static Piece Word(NodeStatus status) => new(Lower(status), status switch
    {
        NodeStatus.Ready => Palette.Good,
        NodeStatus.Lost => Palette.Bad,
        _ => Palette.Changing,
    });

    private static Piece Health(bool healthy) => healthy ? new("healthy", Palette.Good) : new("unhealthy", Palette.Bad);

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static void Add(List<IRenderable> parts, int count, Func<IRenderable> part)
    {
        if (count > 0)
        {
            parts.Add(Text.Empty);
            parts.Add(part());
        }
    }
}
