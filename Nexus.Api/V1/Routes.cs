namespace Nexus.Api.V1;

/// <summary>Paths of the HTTP API, version 1, relative to the base address.</summary>
public static class Routes
{
    /// <summary>GET: the spec in force. PUT: apply a YAML document.</summary>
    public const string Spec = "/v1/spec";

    /// <summary>POST: check a YAML document, apply nothing.</summary>
    public const string SpecValidate = "/v1/spec/validate";

    /// <summary>GET: the cluster at a glance.</summary>
    public const string Status = "/v1/status";

    /// <summary>GET: pools.</summary>
    public const string Pools = "/v1/pools";

    /// <summary>GET: nodes.</summary>
    public const string Nodes = "/v1/nodes";

    /// <summary>DELETE: forget a lost node at once, all that is known of it (<c>?by=</c> says who asks).</summary>
    public const string Node = "/v1/nodes/{node}";

    /// <summary>GET: allocations.</summary>
    public const string Allocations = "/v1/allocations";

    /// <summary>
    /// GET: events, oldest first; JSON, or with <c>Accept: text/event-stream</c> a stream of server-sent events that goes
    /// on (<c>Last-Event-ID</c> resumes; the SSE id is the event's id, the SSE event name its kind).
    /// </summary>
    public const string Events = "/v1/events";

    /// <summary>GET: last lines of an allocation's output (<c>?tail=100</c>, <c>&amp;follow=true</c> streams text lines). Served by manager and worker agent alike.</summary>
    public const string AllocationLogs = "/v1/allocations/{id}/logs";

    /// <summary>POST: what applying a YAML document would change; applies nothing.</summary>
    public const string SpecPlan = "/v1/spec/plan";

    /// <summary>GET: rollouts of all pools.</summary>
    public const string Rollouts = "/v1/rollouts";

    /// <summary>GET: the rollout of one pool, its history with it. POST: ask something of it (<see cref="RolloutCommand"/>).</summary>
    public const string Rollout = "/v1/rollouts/{pool}";

    /// <summary>PUT: take a node out of use or put it back (<see cref="NodeEligibilityCommand"/>). GET: how far its emptying is.</summary>
    public const string NodeEligibility = "/v1/nodes/{node}/eligibility";

    /// <summary>
    /// GET on a worker agent: the allocations of its node that changed, as server-sent events of <see cref="AllocationChange"/>;
    /// first one for every allocation that serves. Gateways listen to it for speed; Consul stays the truth.
    /// </summary>
    public const string AllocationChanges = "/v1/allocations/changes";

    /// <summary>POST on a worker agent: cause a fault in an allocation (<see cref="DrillCommand"/>); refused unless the spec allows drills.</summary>
    public const string AllocationDrill = "/v1/allocations/{id}/drill";

    /// <summary>The rollout path of one pool.</summary>
    public static string RolloutOf(string pool) => $"/v1/rollouts/{Uri.EscapeDataString(pool)}";

    /// <summary>The path of one node.</summary>
    public static string NodeOf(string node) => $"/v1/nodes/{Uri.EscapeDataString(node)}";

    /// <summary>The eligibility path of one node.</summary>
    public static string NodeEligibilityOf(string node) => $"/v1/nodes/{Uri.EscapeDataString(node)}/eligibility";

    /// <summary>The drill path of one allocation.</summary>
    public static string DrillOf(string allocation) => $"/v1/allocations/{Uri.EscapeDataString(allocation)}/drill";

    /// <summary>The logs path of one allocation.</summary>
    public static string LogsOf(string allocation) => $"/v1/allocations/{Uri.EscapeDataString(allocation)}/logs";
}
