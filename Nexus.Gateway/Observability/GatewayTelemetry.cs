using System.Diagnostics.Metrics;
using Nexus.Core.Routing;
using Nexus.Gateway.Live;
using Nexus.ServiceDefaults.Telemetry;

namespace Nexus.Gateway.Observability;

/// <summary>What the gateway counts. Tags are pools and outcomes, never allocations.</summary>
internal sealed class GatewayTelemetry
{
    public const string MeterName = "Nexus.Gateway";

    private const string PoolTag = "nexus.pool";

    private readonly Counter<long> _requests;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _denied;
    private readonly Counter<long> _ejections;
    private readonly Counter<long> _refusals;
    private readonly Histogram<double> _apply;
    private readonly TimeProvider _time;
    private long _revision;

    public GatewayTelemetry(IMeterFactory meters, LivePools pools, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(MeterName);
        _requests = meter.CreateCounter<long>("nexus.gateway.requests", "{request}", "Requests by pool and outcome");
        _retries = meter.CreateCounter<long>("nexus.gateway.retries", "{request}", "Requests asked of another destination, by why");
        _denied = meter.CreateCounter<long>("nexus.gateway.retries.denied", "{request}", "Retries that the budget had no room for");
        _ejections = meter.CreateCounter<long>("nexus.gateway.ejections", "{ejection}", "Destinations taken out by own evidence");
        meter.CreateObservableCounter(
            "nexus.gateway.upstream.failures",
            () => pools.All.Select(pool => new Measurement<long>(pool.Failures, Pool(pool.Name))),
            "{request}",
            "Attempts at replicas that failed or were answered with a 5xx");
        _refusals = meter.CreateCounter<long>("nexus.gateway.refusals", "{request}", "Requests refused by a limit or as malformed, by why");
        _apply = meter.CreateSecondsHistogram(
            "nexus.gateway.routing.apply.duration", "From the catalog's news to routing by it");
        meter.CreateObservableGauge(
            "nexus.gateway.routing.revision", () => Volatile.Read(ref _revision), "{revision}", "Changes of routing so far");
        meter.CreateObservableUpDownCounter(
            "nexus.gateway.inflight",
            () => pools.All.Select(pool => new Measurement<int>(pool.All.Sum(d => d.Busy), Pool(pool.Name))),
            "{request}",
            "Requests at replicas now");
        meter.CreateObservableUpDownCounter(
            "nexus.gateway.destinations",
            () => pools.All.Select(pool => new Measurement<int>(
                pool.Candidates.Sum(share => share.Members.Length), Pool(pool.Name))),
            "{destination}",
            "Destinations that get requests");
        meter.CreateObservableUpDownCounter(
            "nexus.gateway.destinations.ejected",
            () => pools.All.Select(pool => new Measurement<int>(pool.EjectedCount, Pool(pool.Name))),
            "{destination}",
            "Destinations in rotation that this gateway ejected by its own evidence");
    }

    /// <summary>One request is over; null means that there was nobody to ask.</summary>
    public void Requested(string pool, AttemptOutcome? outcome) =>
        _requests.Add(1, Pool(pool), new("nexus.outcome", outcome is { } known ? NameOf(known) : "no_destination"));

    /// <summary>A request is asked of another destination because of what the attempt before came to.</summary>
    public void Retried(string pool, AttemptOutcome reason) => _retries.Add(1, Pool(pool), new("nexus.reason", NameOf(reason)));

    /// <summary>The budget had no retry left.</summary>
    public void Denied(string pool) => _denied.Add(1, Pool(pool));

    public void Ejected(string pool, EjectionReason reason) => _ejections.Add(1, Pool(pool), new("nexus.reason", NameOf(reason)));

    /// <summary>A request is refused without asking a replica.</summary>
    public void Refused(RefusalReason reason) => _refusals.Add(1, new KeyValuePair<string, object?>("nexus.reason", NameOf(reason)));

    public void Applied(long revision, long? changedAt)
    {
        Volatile.Write(ref _revision, revision);
        if (changedAt is { } since)
        {
            _apply.Record(_time.GetElapsedTime(since).TotalSeconds);
        }
    }

    private static KeyValuePair<string, object?> Pool(string pool) => new(PoolTag, pool);

    private static string NameOf(AttemptOutcome outcome) => outcome switch
    {
        AttemptOutcome.Answered => "answered",
        AttemptOutcome.NotConnected => "not_connected",
        AttemptOutcome.NoAnswer => "no_answer",
        AttemptOutcome.AnswerBroken => "answer_broken",
        AttemptOutcome.InvalidAnswer => "invalid_answer",
        AttemptOutcome.Refused => "refused",
        AttemptOutcome.TimedOut => "timed_out",
        AttemptOutcome.BrokenOff => "broken_off",
        _ => "client_gone",
    };

    private static string NameOf(RefusalReason reason) => reason switch
    {
        RefusalReason.RequestTimeout => "request_timeout",
        RefusalReason.BodyTimeout => "body_timeout",
        RefusalReason.BodyTooLarge => "body_too_large",
        RefusalReason.RequestLineTooLong => "request_line_too_long",
        RefusalReason.HeadersTooLarge => "headers_too_large",
        RefusalReason.Overloaded => "overloaded",
        _ => "bad_request",
    };

    private static string NameOf(EjectionReason reason) => reason switch
    {
        EjectionReason.ConnectFailed => "connect_failed",
        EjectionReason.ConnectionLost => "connection_lost",
        EjectionReason.Gone => "gone",
        EjectionReason.TimedOut => "timed_out",
        EjectionReason.BadAnswers => "bad_answers",
        EjectionReason.Outlier => "outlier",
        _ => "probe_failed",
    };
}
