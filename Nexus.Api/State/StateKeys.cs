using Nexus.Core.Ids;

namespace Nexus.Api.State;

/// <summary>Every key of ours in Consul's KV store. Prefixes end in a slash.</summary>
public static class StateKeys
{
    /// <summary>All of it.</summary>
    public const string Root = "nexus/";

    /// <summary>Specs as applied, one immutable document each.</summary>
    public const string SpecRevisions = "nexus/spec/revisions/";

    /// <summary>Which of them holds.</summary>
    public const string SpecCurrent = "nexus/spec/current";

    /// <summary>The lock of the leader; its LockIndex is the epoch.</summary>
    public const string Leader = "nexus/leader";

    /// <summary>
    /// Moved on by every transaction of a leader that follows from a plan, and compared by it: a transaction that Consul gets
    /// late, even one of the same leader, is refused once another was made.
    /// </summary>
    public const string Commits = "nexus/commits";

    /// <summary>Which store this is, and of which cluster; see <see cref="Core.State.ClusterIdentity"/>.</summary>
    public const string Cluster = "nexus/cluster";

    /// <summary>Nodes as their agents describe them.</summary>
    public const string Nodes = "nexus/nodes/";

    /// <summary>What each node shall run.</summary>
    public const string Desired = "nexus/desired/";

    /// <summary>What each node runs.</summary>
    public const string Observed = "nexus/observed/";

    /// <summary>How the rollout of each pool stands; written by leaders.</summary>
    public const string Rollouts = "nexus/rollouts/";

    /// <summary>The routes that gateways route by; written by leaders.</summary>
    public const string Routes = "nexus/routes";

    /// <summary>What people last asked of each rollout; written by any manager.</summary>
    public const string Requests = "nexus/requests/";

    /// <summary>Nodes taken out of use by people; written by any manager.</summary>
    public const string Eligibility = "nexus/eligibility/";

    /// <summary>What the live gateways say; each key is bound to its gateway's session and deleted with it.</summary>
    public const string Gateways = "nexus/gateways/";

    /// <summary>What happened.</summary>
    public const string Events = "nexus/events/";

    /// <summary>Key of one spec document.</summary>
    public static string SpecRevision(long revision) => $"{SpecRevisions}{revision:D8}";

    /// <summary>Key of one node's description.</summary>
    public static string Node(NodeName node) => Nodes + node.Value;

    /// <summary>Key of one node's assignment.</summary>
    public static string DesiredOf(NodeName node) => Desired + node.Value;

    /// <summary>Key of one node's report.</summary>
    public static string ObservedOf(NodeName node) => Observed + node.Value;

    /// <summary>Key of one pool's rollout.</summary>
    public static string RolloutOf(PoolName pool) => Rollouts + pool.Value;

    /// <summary>Key of what was last asked of one pool's rollout.</summary>
    public static string RequestOf(PoolName pool) => Requests + pool.Value;

    /// <summary>Key of one node's eligibility.</summary>
    public static string EligibilityOf(NodeName node) => Eligibility + node.Value;

    /// <summary>Key of one gateway's report.</summary>
    public static string GatewayReport(string gateway) => Gateways + gateway;

    /// <summary>Key of one event.</summary>
    public static string Event(string id) => Events + id;
}
