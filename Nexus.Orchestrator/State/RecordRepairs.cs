using Nexus.Api.State;

namespace Nexus.Orchestrator.State;

/// <summary>What puts a record right that is missing or cannot be read.</summary>
internal static class RecordRepairs
{
    private static readonly (string Prefix, string Repair)[] ByPrefix =
    [
        (StateKeys.Nodes, "the worker agent of {0} writes it again while it runs; if that machine is gone, the node is forgotten after a while, or at once by DELETE /v1/nodes/{0}"),
        (StateKeys.Observed, "the worker agent of {0} writes it again while it runs; if that machine is gone, the node is forgotten after a while, or at once by DELETE /v1/nodes/{0}"),
        (StateKeys.Desired, "the leader writes it again from what is known of {0} and what it reports"),
        (StateKeys.Eligibility, "nexus drain {0} keeps the node out of use, nexus uncordon {0} returns it to use"),
        (StateKeys.Rollouts, "the leader writes it again; see: nexus rollout status {0}"),
        (StateKeys.Requests, "ask again: nexus rollout pause|resume|promote|abort {0} or nexus rollback {0}"),
        (StateKeys.Gateways, "gateway {0} writes it again while it runs; if it is of a newer version, upgrade the managers and agents"),
        (StateKeys.SpecRevisions, "apply the spec again: nexus apply FILE"),
        (StateKeys.SpecCurrent, "apply the spec again: nexus apply FILE"),
        (StateKeys.Cluster, "the leader writes it again"),
        (StateKeys.Leader, "the leader writes it again while it runs; else restart the managers"),
    ];

    public static string For(string key)
    {
        foreach (var (prefix, repair) in ByPrefix)
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal) && !key.AsSpan(prefix.Length).Contains('/'))
            {
                return string.Format(System.Globalization.CultureInfo.InvariantCulture, repair, key[prefix.Length..]);
            }
        }

        return $"delete it: consul kv delete {key}";
    }
}
