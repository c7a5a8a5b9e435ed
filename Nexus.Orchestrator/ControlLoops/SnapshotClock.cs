using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.State;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>
/// Expresses the times in a snapshot, which the clocks of other machines wrote, by this process's own monotonic clock. Two clocks
/// are never compared: a duration is what its writer measured, plus what passed here since this process first saw it. Managers
/// that do not lead measure too, so a change of leader loses nothing; after a restart counting begins again, which only ever
/// makes a duration shorter.
/// </summary>
internal sealed class SnapshotClock(Jitter jitter, TimeProvider time)
{
    private readonly Dictionary<string, SeenReport> _reports = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SeenRollout> _rollouts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (DateTimeOffset Written, DateTimeOffset Local)> _eligibility = new(StringComparer.Ordinal);
    private readonly Dictionary<HeldRoute, DateTimeOffset> _held = [];
    private bool _hasLooked;

    /// <summary>Marks records whose times are by the clock of this process.</summary>
    public string Id { get; } = NewId(jitter);

    /// <summary>The snapshot with every time that decisions look at by this process's clock.</summary>
    public ClusterSnapshot Localize(ClusterSnapshot snapshot)
    {
        var now = time.GetUtcNow();
        var localized = snapshot with
        {
            Observations = Each(snapshot.Observations, (node, report) => Report(node, report, now)),
            Rollouts = Each(snapshot.Rollouts, (pool, record) => Rollout(pool, record, now)),
            Routes = snapshot.Routes is { } routes ? Routes(routes, now) : null,
            Eligibility = Each(snapshot.Eligibility, (node, eligibility) => Eligibility(node, eligibility, now)),
        };
        Keep(_reports, snapshot.Observations.ContainsKey);
        Keep(_rollouts, snapshot.Rollouts.ContainsKey);
        Keep(_eligibility, snapshot.Eligibility.ContainsKey);
        _hasLooked = true;
        return localized;
    }

    /// <summary>The record as this process writes it: its times are by its own clock.</summary>
    public RoutesRecord? Stamp(RoutesRecord? record) => record is null ? null : record with { Clock = Id };

    /// <inheritdoc cref="Stamp(RoutesRecord?)"/>
    public RolloutRecord Stamp(RolloutRecord record) => record with { Clock = Id };

    private NodeObservation Report(string node, NodeObservation report, DateTimeOffset now)
    {
        var before = _reports.GetValueOrDefault(node);
        if (before is not null && ReferenceEquals(before.Written, report))
        {
            return before.Local;
        }

        var since = new Dictionary<AllocationId, (DateTimeOffset Written, DateTimeOffset Local)>();
        var local = report with
        {
            Allocations = [.. report.Allocations.Select(seen => seen.HealthySince is { } healthy
                ? seen with { HealthySince = HealthySince(seen.Id, healthy) }
                : seen)],
        };
        _reports[node] = new SeenReport(report, local, since);
        return local;

        DateTimeOffset HealthySince(AllocationId id, DateTimeOffset healthy)
        {
            // For so long by its agent's clock when the report was written; an agent of an older version does not say when that was.
            var already = report.ReportedAt is { } at && at > healthy ? at - healthy : TimeSpan.Zero;
            var at0 = now - already;
            if (before is not null && before.Since.TryGetValue(id, out var known) && known.Written == healthy && known.Local < at0)
            {
                at0 = known.Local;
            }

            since[id] = (healthy, at0);
            return at0;
        }
    }

    private RolloutRecord Rollout(string pool, RolloutRecord record, DateTimeOffset now)
    {
        var before = _rollouts.GetValueOrDefault(pool);
        if (before is not null && ReferenceEquals(before.Written, record))
        {
            return before.Local;
        }

        var times = new Dictionary<DateTimeOffset, DateTimeOffset>();
        var local = record.Clock == Id ? record : record with
        {
            // Of one that has ended nothing is measured any more, and people read it.
            StartedAt = record.Phase is RolloutPhase.Stable or RolloutPhase.RolledBack or RolloutPhase.Failed ? record.StartedAt : Local(record.StartedAt),
            ProgressAt = Local(record.ProgressAt),
            StepSince = record.StepSince is { } step ? Local(step) : null,
            LastMoveAt = record.LastMoveAt is { } move ? Local(move) : null,
            FrozenSince = record.FrozenSince is { } frozen ? Local(frozen) : null,
        };
        _rollouts[pool] = new SeenRollout(record, local, times);
        return local;

        DateTimeOffset Local(DateTimeOffset written)
        {
            if (!times.TryGetValue(written, out var at))
            {
                times[written] = at = before is not null && before.Times.TryGetValue(written, out var known) ? known : now;
            }

            return at;
        }
    }

    private RoutesRecord Routes(RoutesRecord record, DateTimeOffset now)
    {
        if (record.Clock == Id)
        {
            return record;
        }

        Keep(_held, held => record.Held.Contains(held));
        foreach (var held in record.Held)
        {
            _held.TryAdd(held, now);
        }

        return record.Held.IsEmpty ? record : record with { Held = [.. record.Held.Select(held => held with { Since = _held[held] })] };
    }

    private NodeEligibility Eligibility(string node, NodeEligibility eligibility, DateTimeOffset now)
    {
        if (!_eligibility.TryGetValue(node, out var seen) || seen.Written != eligibility.At)
        {
            // How old those are that stood before the first look is not known.
            _eligibility[node] = seen = (eligibility.At, _hasLooked ? now : DateTimeOffset.MinValue);
        }

        return eligibility with { At = seen.Local };
    }

    private static ImmutableSortedDictionary<string, T> Each<T>(ImmutableSortedDictionary<string, T> map, Func<string, T, T> change)
        where T : class
    {
        var builder = map.ToBuilder();
        foreach (var (name, value) in map)
        {
            if (change(name, value) is var changed && !ReferenceEquals(changed, value))
            {
                builder[name] = changed;
            }
        }

        return builder.ToImmutable();
    }

    private static void Keep<TKey, T>(Dictionary<TKey, T> seen, Func<TKey, bool> isThere)
        where TKey : notnull
    {
        foreach (var gone in seen.Keys.Where(name => !isThere(name)).ToList())
        {
            seen.Remove(gone);
        }
    }

    private static string NewId(Jitter jitter)
    {
        Span<byte> bytes = stackalloc byte[8];
        jitter.Fill(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private sealed record SeenReport(
        NodeObservation Written, NodeObservation Local, Dictionary<AllocationId, (DateTimeOffset Written, DateTimeOffset Local)> Since);

    private sealed record SeenRollout(RolloutRecord Written, RolloutRecord Local, Dictionary<DateTimeOffset, DateTimeOffset> Times);
}
