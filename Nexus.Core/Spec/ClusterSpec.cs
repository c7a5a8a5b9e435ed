using System.Collections.Immutable;
using Nexus.Core.Ids;

namespace Nexus.Core.Spec;

/// <summary>What one <c>nexus.yaml</c> asks for: the pools of a cluster and how traffic reaches them.</summary>
public sealed record ClusterSpec
{
    /// <summary>Name of the cluster, as status shows it. (Containers are told apart by the agents' own <c>Worker:Cluster</c>.)</summary>
    public string Cluster { get; init; } = "nexus";

    /// <summary>The pools, in the order of the document.</summary>
    public ImmutableArray<PoolSpec> Pools { get; init; } = [];

    /// <summary>How the gateways route.</summary>
    public GatewaySpec Gateway { get; init; } = new();

    /// <summary>Whether <c>nexus drill</c> may break things here on purpose.</summary>
    public bool DrillsAllowed { get; init; }
}

/// <summary>A named set of identical replicas.</summary>
public sealed record PoolSpec
{
    /// <summary>Its name, unique in the cluster.</summary>
    public required PoolName Name { get; init; }

    /// <summary>Replicas to keep running at least.</summary>
    public int MinReplicas { get; init; } = 1;

    /// <summary>Replicas never to be exceeded by scaling (a rollout's surge comes on top).</summary>
    public int MaxReplicas { get; init; } = 1;

    /// <summary>What each replica is. A change here is a new revision; a change elsewhere is not.</summary>
    public required PoolTemplate Template { get; init; }

    /// <summary>How replicas are replaced when the template changes.</summary>
    public RolloutSpec Rollout { get; init; } = new();

    /// <summary>Replicas kept proven and paused beside those that serve, to take over from one that fails.</summary>
    public int WarmStandby { get; init; }

    /// <summary>Whether replicas on a lost node are replaced elsewhere; false waits for the node to return.</summary>
    public bool Replace { get; init; } = true;

    /// <summary>Which nodes may run it.</summary>
    public PlacementSpec Placement { get; init; } = new();

    /// <summary>
    /// Whether replicas are placed only where their volumes are: asked for, or by default where a volume has a name. Not where replicas
    /// stand by, which is to say on other nodes.
    /// </summary>
    public bool StaysWithVolumes => Placement.VolumeAffinity switch
    {
        VolumeAffinity.Required => !Template.Volumes.IsEmpty,
        VolumeAffinity.Preferred => false,
        _ => WarmStandby == 0 && Template.Volumes.Any(volume => volume.IsNamed),
    };

    /// <summary>When the gateways eject a replica for its error rate.</summary>
    public OutlierDetectionSpec OutlierDetection { get; init; } = new();
}

/// <summary>When a replica is ejected because its requests fail more often than those of the pool's other replicas.</summary>
public sealed record OutlierDetectionSpec
{
    /// <summary>Whether it is done at all.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Percentage points by which a replica's error rate must exceed the median of the others.</summary>
    public int ErrorRatePercent { get; init; } = 30;

    /// <summary>Requests that a replica must have had within the window before it is compared.</summary>
    public int MinRequests { get; init; } = 20;

    /// <summary>Replicas that must have had so many requests, itself included.</summary>
    public int MinReplicas { get; init; } = 2;

    /// <summary>Largest share of a pool's replicas that may be ejected at once, in percent; one always may, the last never.</summary>
    public int MaxEjectedPercent { get; init; } = 50;

    /// <summary>How long the first ejection lasts; each one that follows soon lasts as much longer.</summary>
    public TimeSpan EjectionTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest ejection.</summary>
    public TimeSpan MaxEjectionTime { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>How old replicas give way to new ones.</summary>
public sealed record RolloutSpec
{
    private static readonly CanarySpec DefaultCanary = new();

    /// <summary>In which manner.</summary>
    public RolloutStrategy Strategy { get; init; }

    /// <summary>What comes first, start or stop; null decides by the pool: stop first where it holds an exclusive volume or a host port.</summary>
    public RolloutOrder? Order { get; init; }

    /// <summary>Replicas that may exist above the wanted count while replacing.</summary>
    public int MaxSurge { get; init; } = 1;

    /// <summary>Replicas that may be missing from the wanted count while replacing.</summary>
    public int MaxUnavailable { get; init; }

    /// <summary>How long a new replica must have been healthy before it counts as available.</summary>
    public TimeSpan MinHealthyTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a rollout may go without one more replica becoming available before it has failed.</summary>
    public TimeSpan ProgressDeadline { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Failed tries of a revision, of one replica or of several together, that are put down to chance as long as nothing of it was ever
    /// available; the next one says that it will never start. Where new replicas start first, one more than this are tried until one of
    /// them serves.
    /// </summary>
    public int MaxFailures { get; init; } = 1;

    /// <summary>Whether a rollout that failed goes back to the revision last proven stable.</summary>
    public bool AutoRollback { get; init; } = true;

    /// <summary>The steps and limits of a canary; looked at by <see cref="RolloutStrategy.Canary"/> only.</summary>
    public CanarySpec Canary { get; init; } = DefaultCanary;

    /// <summary>How long a blue-green rollout keeps the old set after the switch.</summary>
    public TimeSpan KeepOld { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether old replicas are gone before new ones start: asked for, needed by what they hold, or because nothing may surge.</summary>
    public bool StopsFirst(PoolTemplate template) =>
        Order == RolloutOrder.StopFirst || template.HoldsExclusively || MaxSurge == 0;

    /// <summary>Replicas that may really exist above the wanted count: none where old ones stop first.</summary>
    public int SurgeFor(PoolTemplate template) => StopsFirst(template) ? 0 : MaxSurge;

    /// <summary>Replicas that may really be missing from the wanted count: at least one where old ones stop first.</summary>
    public int UnavailableFor(PoolTemplate template) => StopsFirst(template) ? Math.Max(1, MaxUnavailable) : MaxUnavailable;
}

/// <summary>The manner of a rollout.</summary>
public enum RolloutStrategy
{
    /// <summary>Some at a time.</summary>
    Rolling,

    /// <summary>A part first, judged before the rest follows.</summary>
    Canary,

    /// <summary>A second full set, then all traffic at once.</summary>
    BlueGreen,
}

/// <summary>What a rollout does first.</summary>
public enum RolloutOrder
{
    /// <summary>New replicas serve before old ones stop.</summary>
    StartFirst,

    /// <summary>Old replicas are gone before new ones start.</summary>
    StopFirst,
}

/// <summary>How a canary rollout proceeds.</summary>
public sealed record CanarySpec
{
    // One array for all, so that records of defaults are equal.
    private static readonly ImmutableArray<CanaryStep> DefaultSteps = [new CanaryStep { Weight = 10, Pause = TimeSpan.FromMinutes(1) }];

    /// <summary>The steps before the rest follows.</summary>
    public ImmutableArray<CanaryStep> Steps { get; init; } = DefaultSteps;

    /// <summary>Share of failed requests (502, 503, 504 and 5xx) above the stable revision's at which it is aborted, 0 to 1.</summary>
    public double MaxErrorRate { get; init; } = 0.05;

    /// <summary>How many times the stable revision's p95 its own may be before it is aborted.</summary>
    public double MaxP95Ratio { get; init; } = 2;

    /// <summary>Requests it must have answered before it is judged at all.</summary>
    public int MinRequests { get; init; } = 50;
}

/// <summary>One step of a canary. Exactly one of <see cref="Weight"/> and <see cref="Count"/> is set.</summary>
public sealed record CanaryStep
{
    /// <summary>Share of requests in percent, 1 to 99, over as many replicas as carry it.</summary>
    public int? Weight { get; init; }

    /// <summary>Replicas; requests follow by their number.</summary>
    public int? Count { get; init; }

    /// <summary>How long the step lasts; null until it is promoted by hand.</summary>
    public TimeSpan? Pause { get; init; }
}

/// <summary>Whether replicas of a pool may share a node.</summary>
public enum SpreadRule
{
    /// <summary>Nodes with fewest replicas of the pool first.</summary>
    Preferred,

    /// <summary>Never two replicas of the pool on one node.</summary>
    Required,
}

/// <summary>Whether replicas follow their volumes, which do not move.</summary>
public enum VolumeAffinity
{
    /// <summary>A replica is started on another node when it must be, and finds other data there.</summary>
    Preferred,

    /// <summary>A replica is started only on a node that has its volumes, and waits for it.</summary>
    Required,
}

/// <summary>Which nodes may run a pool.</summary>
public sealed record PlacementSpec
{
    /// <summary>Labels a node must carry with exactly these values.</summary>
    public ImmutableSortedDictionary<string, string> Constraints { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Architecture a node must have (<c>amd64</c>, <c>arm64</c>); null for any.</summary>
    public string? Arch { get; init; }

    /// <summary>Whether replicas may share a node.</summary>
    public SpreadRule Spread { get; init; }

    /// <summary>Whether replicas follow their volumes; null decides by the pool, see <see cref="PoolSpec.StaysWithVolumes"/>.</summary>
    public VolumeAffinity? VolumeAffinity { get; init; }
}

/// <summary>What the gateways do for this cluster.</summary>
public sealed record GatewaySpec
{
    /// <summary>Routes, most specific first; the implicit ones (see <see cref="SpecDefaults"/>) are in it, so empty routes nothing.</summary>
    public ImmutableArray<RouteSpec> Routes { get; init; } = [];

    /// <summary>Response headers that differ from the safe defaults.</summary>
    public SecurityHeadersSpec Headers { get; init; } = new();

    /// <summary>How failed attempts are repeated.</summary>
    public RetrySpec Retry { get; init; } = new();

    /// <summary>Over how long a new replica's share of requests grows to its full size.</summary>
    public TimeSpan SlowStart { get; init; } = TimeSpan.FromSeconds(3);
}

/// <summary>How the gateways ask another replica when one fails.</summary>
public sealed record RetrySpec
{
    /// <summary>Attempts at one request, the first included.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>Most retries at once, in percent of the requests under way.</summary>
    public int BudgetPercent { get; init; } = 20;

    /// <summary>Largest request body kept so that it can be sent again, in bytes; zero keeps none.</summary>
    public long BufferBytes { get; init; }
}

/// <summary>Sends requests of one host and path prefix to one pool.</summary>
public sealed record RouteSpec
{
    /// <summary>Host to match, without port, <c>*.</c> allowed in front; null for any.</summary>
    public string? Host { get; init; }

    /// <summary>Path prefix to match, from the slash on.</summary>
    public string Path { get; init; } = "/";

    /// <summary>The pool that answers.</summary>
    public required PoolName Pool { get; init; }

    /// <summary>Whether the prefix is taken off before the replica sees the path.</summary>
    public bool StripPrefix { get; init; }

    /// <summary>How long a replica may take to begin its answer; null leaves it to the gateway's activity timeout.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Largest request body in bytes; null leaves it to the gateway's own limit.</summary>
    public long? MaxBodyBytes { get; init; }

    /// <summary>How long an upload may pause between two bytes; null leaves it to the gateway's own limit.</summary>
    public TimeSpan? BodyTimeout { get; init; }
}

/// <summary>Security headers; null keeps the default, an empty text sends none.</summary>
public sealed record SecurityHeadersSpec
{
    /// <summary><c>Content-Security-Policy</c>.</summary>
    public string? ContentSecurityPolicy { get; init; }

    /// <summary><c>X-Frame-Options</c>.</summary>
    public string? FrameOptions { get; init; }

    /// <summary><c>Referrer-Policy</c>.</summary>
    public string? ReferrerPolicy { get; init; }

    /// <summary><c>max-age</c> of <c>Strict-Transport-Security</c>, sent over TLS only; zero sends none.</summary>
    public TimeSpan? HstsMaxAge { get; init; }
}
