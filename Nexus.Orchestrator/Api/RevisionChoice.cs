using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;

namespace Nexus.Orchestrator.Api;

/// <summary>A revision that a pool had, and the spec that asked for it.</summary>
internal sealed record KnownRevision(PoolRevision Revision, long SpecRevision, string Image);

/// <summary>Which revision a person means when they ask for an earlier one. Pure.</summary>
internal static class RevisionChoice
{
    /// <summary>Least letters of a revision that may stand for it.</summary>
    private const int ShortestPrefix = 4;

    /// <summary>Every revision that the record knows, the latest first.</summary>
    public static ImmutableArray<KnownRevision> Known(RolloutRecord record)
    {
        IEnumerable<KnownRevision> all =
        [
            Of(record.Target),
            .. record.Stable is { } stable ? [Of(stable)] : Array.Empty<KnownRevision>(),
            .. record.History.Select(h => new KnownRevision(h.Revision, h.SpecRevision, h.Image)),
        ];
        return [.. all.DistinctBy(k => k.Revision)];
    }

    /// <summary>The revision named, in full or by an unambiguous beginning; null when there is none or more than one.</summary>
    public static KnownRevision? Find(RolloutRecord record, string name)
    {
        var known = Known(record);
        var matches = known.Where(k => k.Revision.Value == name).ToList();
        if (matches.Count == 0 && name.Length >= ShortestPrefix)
        {
            matches = [.. known.Where(k => k.Revision.Value.StartsWith(name, StringComparison.Ordinal))];
        }

        return matches is [var one] ? one : null;
    }

    /// <summary>The proven revision before the one that runs or is being rolled out; null when there was none, or it is back already
    /// (<see cref="IsBack"/>): whoever asks then may not have seen that, and does not mean one still older.</summary>
    public static KnownRevision? Before(RolloutRecord record) => record switch
    {
        _ when IsBack(record) => null,
        { Stable: { } stable } when stable.Revision != record.Target.Revision => Of(stable),
        _ => record.History.Where(h => h.Outcome == RolloutPhase.Stable && h.Revision != record.Target.Revision)
            .Select(h => new KnownRevision(h.Revision, h.SpecRevision, h.Image)).FirstOrDefault(),
    };

    /// <summary>Whether the revision before serves again, or will in a moment.</summary>
    public static bool IsBack(RolloutRecord record) =>
        record is { Phase: RolloutPhase.RollingBack or RolloutPhase.RolledBack, Stable: not null };

    private static KnownRevision Of(RolloutRevision revision) => new(revision.Revision, revision.SpecRevision, revision.Template.Image);
}
