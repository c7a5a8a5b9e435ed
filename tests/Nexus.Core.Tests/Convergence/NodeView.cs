using System.Collections.Immutable;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Tests.Convergence;

/// <summary>A tiny language for nodes, so that a row of a table is a line.</summary>
internal static class NodeView
{
    public static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly NodeName Node = new("n1");
    public static readonly PoolName Web = new("web");
    public static readonly PoolTemplate Template = new() { Image = "web:1", Port = 80 };
    public static readonly PoolRevision Revision = PoolRevisions.Compute(Template);

    public static AllocationAssignment Run(string id) => new(new(id), Web, Revision, DesiredStatus.Run, "wanted");

    public static AllocationAssignment Standby(string id) => new(new(id), Web, Revision, DesiredStatus.Standby, "warm");

    public static AllocationAssignment Stop(string id) => new(new(id), Web, Revision, DesiredStatus.Stop, "scaled down");

    public static NodeAssignment Assigned(params ImmutableArray<AllocationAssignment> allocations) => new()
    {
        Node = Node,
        Epoch = 3,
        Generation = 5,
        Allocations = allocations,
        Templates = [new AssignedTemplate(Web, Revision, Template)],
    };

    /// <summary>The same of a pool whose replicas need a port of the node.</summary>
    public static NodeAssignment Holding(params ImmutableArray<AllocationAssignment> allocations) =>
        Assigned(allocations) with { Templates = [new AssignedTemplate(Web, Revision, Template with { HostPort = 8080 })] };

    public static SeenWorkload Live(string id, int attempt = 0) => new()
    {
        Id = $"{id}#{attempt}",
        Allocation = new(id),
        Attempt = attempt,
        Running = true,
        Port = 1000 + attempt,
    };

    public static SeenWorkload Sleeps(string id, int attempt = 0) => Live(id, attempt) with { Paused = true };

    public static SeenWorkload Dead(string id, int attempt = 0) => new()
    {
        Id = $"{id}#{attempt}",
        Allocation = new(id),
        Attempt = attempt,
        Ended = true,
        ExitCode = 1,
    };

    public static PeerDeath Death(string id, int seconds) => new(new(id), Web, Revision, Now.AddSeconds(-seconds));

    public static AllocationMemory Remembered(string id, AllocationPhase phase, int attempt = 0) => AllocationMemory.Of(Run(id)) with
    {
        Phase = phase,
        Attempt = attempt,
        Workload = phase is AllocationPhase.Starting or AllocationPhase.Running or AllocationPhase.Paused or AllocationPhase.Draining ? $"{id}#{attempt}" : null,
        EndedAttempt = phase is AllocationPhase.Failed ? attempt : attempt - 1,
    };

    public static NodeSnapshot Snapshot(
        NodeAssignment? assignment, ImmutableArray<SeenWorkload> workloads, params ImmutableArray<AllocationMemory> memory) => new()
        {
            Assignment = assignment,
            Confirmed = assignment is not null,
            Workloads = workloads,
            Memory = memory.ToImmutableDictionary(m => m.Id),
        };

    public static NodeSnapshot Busy(this NodeSnapshot snapshot, string id, OngoingWork work) =>
        snapshot with { Ongoing = snapshot.Ongoing.SetItem(new(id), work) };

    public static NodeSnapshot Registered(this NodeSnapshot snapshot, params ImmutableArray<string> ids) =>
        snapshot with { Registered = ids.ToImmutableDictionary(i => new AllocationId(i), i => snapshot.Memory.GetValueOrDefault(new(i))?.Attempt ?? 0) };

    /// <summary>A plan as one line: <c>start web-1 #1, remove web-1#0</c>.</summary>
    public static string Words(ConvergencePlan plan) => string.Join(", ", plan.Actions.Select(a => a switch
    {
        StartWorkload s => $"start {s.Allocation} #{s.Attempt}",
        AdoptWorkload w => $"adopt {w.Workload.Id}",
        RecordEnd e => $"record {e.Workload?.Id ?? e.Allocation + " vanished"}",
        KillUnhealthy k => $"kill {k.Workload.Id}",
        DrainAndStop d => $"stop {string.Join('+', d.Workloads.Select(w => w.Id))}",
        RemoveWorkload r => $"remove {r.Workload.Id}",
        WakeStandby w => $"{(w.StandsIn is null ? "wake" : "stand in")} {w.Workload.Id}",
        DrainAndPause d => $"drain and pause {d.Workload.Id}",
        NotePaused p => $"paused {p.Workload.Id}",
        NoteWaiting w => $"{w.Allocation} {w.Reason}",
        CancelStart c => $"cancel {c.Allocation}",
        RegisterService r => $"register {r.Allocation}",
        DeregisterService d => $"deregister {d.Allocation}",
        NoteStopped s => $"stopped {s.Allocation}",
        Forget f => $"forget {f.Allocation}",
        _ => throw new InvalidOperationException(a.GetType().Name),
    }));
}
