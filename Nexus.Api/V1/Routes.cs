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

    /// <summary>GET: allocations.</summary>
    public const string Allocations = "/v1/allocations";

    /// <summary>
    /// GET: events, oldest first; JSON, or with <c>Accept: text/event-stream</c> a stream of server-sent events that goes
    /// on (<c>Last-Event-ID</c> resumes; the SSE id is the event's id, the SSE event name its kind).
    /// </summary>
    public const string Events = "/v1/events";

    /// <summary>GET: last lines of an allocation's output (<c>?tail=100</c>, <c>&amp;follow=true</c> streams text lines). Served by manager and worker agent alike.</summary>
    public const string AllocationLogs = "/v1/allocations/{id}/logs";

    /// <summary>The logs path of one allocation.</summary>
    public static string LogsOf(string allocation) => $"/v1/allocations/{Uri.EscapeDataString(allocation)}/logs";
}
