using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Routing;
using Nexus.Core.Spec.Values;
using Nexus.Core.State;
using Nexus.Orchestrator.Events;
using Nexus.Orchestrator.Leadership;
using Nexus.Orchestrator.Observability;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>Tells people what the leader did and noticed: each step once, each standing trouble once when it begins and ends.</summary>
internal sealed class PlanReporter(EventWriter events, ManagerIdentity identity, IOptions<OrchestratorOptions> options)
{
    private readonly Dictionary<PoolName, string> _blocked = [];
    private readonly HashSet<string> _skewed = new(StringComparer.Ordinal);
    private readonly HashSet<(string Gateway, RefusedRoute Route)> _refused = [];
    private readonly Dictionary<string, NodeStatus> _nodes = new(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, ReplicaTrouble> _troubles = ImmutableSortedDictionary<string, ReplicaTrouble>.Empty;

    /// <summary>Says what a plan's commit made true.</summary>
    public void ReportCommitted(ReconcilePlan plan)
    {
        foreach (var notice in plan.Notices)
        {
            events.Write(notice.Kind, notice.Severity, notice.Message, notice.Pool);
        }

        foreach (var step in plan.Steps)
        {
            var (kind, words) = step switch
            {
                PlaceStep => ("AllocationPlaced", "is placed on"),
                StopStep => ("AllocationStopping", "is stopped on"),
                ChangeStep { Desired: DesiredStatus.Run } => ("AllocationPromoted", "is taken from standby to serve on"),
                ChangeStep => ("AllocationStandsBy", "stands by from now on, on"),
                _ => ("AllocationForgotten", "is gone from"),
            };
            OrchestratorTelemetry.Steps.Add(1, new KeyValuePair<string, object?>("kind", kind));
            if (step is not ForgetStep)
            {
                events.Write(kind, EventSeverity.Info, $"{step.Allocation} {words} {step.Node}: {step.Reason}.", step.Pool, step.Allocation, step.Node);
            }
        }
    }

    public void ReportBlocked(ReconcilePlan plan)
    {
        foreach (var blocked in plan.Blocked.Where(b => _blocked.GetValueOrDefault(b.Pool) != b.Reason))
        {
            _blocked[blocked.Pool] = blocked.Reason;
            events.Write(
                "PoolBlocked", EventSeverity.Error,
                $"{blocked.Missing} replica{(blocked.Missing == 1 ? "" : "s")} of {blocked.Pool} cannot be placed: {blocked.Reason}.", blocked.Pool);
        }

        foreach (var pool in _blocked.Keys.Except(plan.Blocked.Select(b => b.Pool)).ToList())
        {
            _blocked.Remove(pool);
            events.Write("PoolUnblocked", EventSeverity.Info, $"All replicas of {pool} can be placed again.", pool);
        }
    }

    /// <summary>Tells of nodes whose clocks are far from this manager's, when that begins and ends.</summary>
    public void ReportClocks(ImmutableSortedDictionary<string, TimeSpan> differences)
    {
        foreach (var (node, difference) in differences)
        {
            var isFar = ClockSkew.IsFar(difference, options.Value.ClockSkewLimit);
            if (isFar && _skewed.Add(node))
            {
                events.Write("ClockSkewDetected", EventSeverity.Warning, ClockSkew.Describe(node, identity.Name, difference, options.Value.ClockSkewLimit),
                    node: new NodeName(node));
            }
            else if (!isFar && _skewed.Remove(node))
            {
                events.Write("ClockSkewResolved", EventSeverity.Info,
                    $"The clock of node {node} is within {SpecDuration.Format(options.Value.ClockSkewLimit)} of manager {identity.Name}'s again.", node: new NodeName(node));
            }
            else
            {
                // Nothing new.
            }
        }

        _skewed.IntersectWith(differences.Keys);
    }

    /// <summary>Routes that a live gateway leaves out.</summary>
    public void ReportRefused(ClusterSnapshot snapshot)
    {
        var refused = snapshot.Gateways.Values.SelectMany(g => g.Refused.Select(route => (g.Gateway, route))).ToHashSet();
        foreach (var (gateway, route) in refused.Except(_refused).ToList())
        {
            events.Write(
                "RouteRefused", EventSeverity.Error, $"Gateway {gateway} leaves out route {route.Route} to pool {route.Pool}: {route.Reason}.", route.Pool);
        }

        _refused.Clear();
        _refused.UnionWith(refused);
    }

    public void ReportNodes(ClusterSnapshot snapshot)
    {
        foreach (var (name, node) in snapshot.Nodes)
        {
            var before = _nodes.GetValueOrDefault(name, NodeStatus.Unknown);
            _nodes[name] = node.Status;
            if (before != node.Status)
            {
                var severity = node.Status switch
                {
                    NodeStatus.Lost => EventSeverity.Error,
                    NodeStatus.Suspect => EventSeverity.Warning,
                    _ => EventSeverity.Info,
                };
                events.Write($"Node{node.Status}", severity, $"{name} was {before}, is {node.Status}.", node: new NodeName(name));
            }
        }
    }

    /// <summary>Reports what the gateways hold against replicas, when it begins and when it ends.</summary>
    public void ReportTroubles(ClusterSnapshot snapshot)
    {
        var before = _troubles;
        _troubles = ReplicaTroubles.Compute(snapshot);
        foreach (var (id, trouble) in _troubles)
        {
            var was = before.GetValueOrDefault(id);
            if (trouble.IsEjected && was is not { IsEjected: true })
            {
                events.Write("ReplicaEjected", EventSeverity.Warning, $"{id} {trouble.Text}.", trouble.Pool, trouble.Allocation);
            }
            else if (trouble is { IsEjected: false, IsFailing: true } && was is not ({ IsEjected: true } or { IsFailing: true }))
            {
                events.Write("ReplicaFailing", EventSeverity.Warning, $"{id}: {trouble.Text}.", trouble.Pool, trouble.Allocation);
            }
        }

        foreach (var (id, was) in before)
        {
            var now = _troubles.GetValueOrDefault(id);
            if (was.IsEjected && now is not { IsEjected: true })
            {
                events.Write("ReplicaReadmitted", EventSeverity.Info, $"{id} gets requests from every gateway again.", was.Pool, was.Allocation);
            }
            else if (was.IsFailing && now is null)
            {
                events.Write("ReplicaRecovered", EventSeverity.Info, $"The requests to {id} succeed again.", was.Pool, was.Allocation);
            }
        }
    }
}
