using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Convergence;

/// <summary>A drain under way.</summary>
/// <param name="Allocation">The allocation.</param>
/// <param name="Attempt">Which try of it.</param>
/// <param name="Pool">Its pool.</param>
/// <param name="Spec">How long it may take.</param>
public sealed record Drain(AllocationId Allocation, int Attempt, PoolName Pool, DrainSpec Spec);

/// <summary>How far a drain is.</summary>
/// <param name="GoOn">Whether its workload may be told to end now.</param>
/// <param name="Acknowledged">Whether every gateway has let go of it; false when only time has run out.</param>
/// <param name="LookAgainAfter">Time since its beginning when time alone may change the answer; null once it may go on.</param>
/// <param name="Words">Why, as the end of a sentence.</param>
public readonly record struct DrainVerdict(bool GoOn, bool Acknowledged, TimeSpan? LookAgainAfter, string Words);

/// <summary>
/// Decides when a replica that is marked draining may be told to end: once every live gateway that routes its pool sends it
/// nothing more and has nothing under way there, or when its time has run out. A gateway whose report is gone is dead and
/// never waited for.
/// </summary>
public static class DrainProgress
{
    /// <summary>How long those who have not heard of the replica, or say nothing, get to hear of the mark.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);

    /// <summary>Judges a drain.</summary>
    /// <param name="drain">What is drained.</param>
    /// <param name="reports">What the live gateways say; null when that was never heard, so that only time helps.</param>
    /// <param name="elapsed">Time since it was marked.</param>
    public static DrainVerdict Judge(Drain drain, ImmutableArray<GatewayReport>? reports, TimeSpan elapsed)
    {
        ArgumentNullException.ThrowIfNull(drain);
        var timeout = drain.Spec.Timeout;
        if (reports is not { } heard)
        {
            return elapsed >= timeout
                ? new(true, false, null, "no gateway's word could be had")
                : new(false, false, timeout, "waits for the gateways' word");
        }

        var settle = timeout < Settle ? timeout : Settle;
        var answers = heard.Select(report => AnswerOf(drain, report)).Where(answer => answer.Concerned).ToList();
        var open = answers.Where(a => a.Holds is not null).OrderBy(a => a.Gateway, StringComparer.Ordinal).ToList();
        if (open.Count == 0)
        {
            // Who does not list it may be about to; with no gateway at all, others may have its address from DNS.
            var blind = answers.Count == 0 || answers.Exists(a => !a.Listed);
            return blind && elapsed < settle
                ? new(false, false, settle, "gives those who do not know it time to hear of it")
                : new(true, true, null, answers.Count == 0 ? "no gateway routes to it" : Count(answers.Count) + " let go of it");
        }

        // The gateways' own clocks began when they saw the mark, a moment later.
        var limit = open.Exists(a => a.HasWebSockets) ? timeout + drain.Spec.WebSocketWindow + settle : timeout;
        var words = string.Join(", ", open.Select(a => $"gateway {a.Gateway} {a.Holds}"));
        return elapsed >= limit
            ? new(true, false, null, "its time ran out while " + words)
            : new(false, false, limit, words);
    }

    private static Answer AnswerOf(Drain drain, GatewayReport report)
    {
        var listed = report.Destinations.FirstOrDefault(d => d.Allocation == drain.Allocation && d.Attempt == drain.Attempt);
        var concerned = report.IsUnknown || listed is not null || report.Pools.Contains(drain.Pool);
        return new Answer(
            report.Gateway, concerned, listed is not null, report.IsUnknown ? "has a report that cannot be read" : HoldsOf(listed), listed is { WebSockets: > 0 });
    }

    private static string? HoldsOf(GatewayDestination? listed) => listed switch
    {
        null => null,
        { TakesRequests: true } => "still sends it requests",
        { InFlight: > 0, WebSockets: > 0 } => $"has {Requests(listed.InFlight)} and {WebSockets(listed.WebSockets)} at it",
        { InFlight: > 0 } => $"has {Requests(listed.InFlight)} at it",
        { WebSockets: > 0 } => $"has {WebSockets(listed.WebSockets)} at it",
        _ => null,
    };

    private static string Count(int gateways) => gateways == 1 ? "the one gateway" : $"all {gateways} gateways";

    private static string Requests(int count) => count == 1 ? "1 request" : $"{count} requests";

    private static string WebSockets(int count) => count == 1 ? "1 WebSocket" : $"{count} WebSockets";

    private sealed record Answer(string Gateway, bool Concerned, bool Listed, string? Holds, bool HasWebSockets);
}
