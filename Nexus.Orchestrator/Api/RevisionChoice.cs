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

    /// <summary>The proven revision before the one that runs or is being rolled out; null when there was none.</summary>
    public static KnownRevision? Before(RolloutRecord record)
    {
        var goesBack = record.Phase is RolloutPhase.RollingBack or RolloutPhase.RolledBack;
        if (!goesBack && record.Stable is { } stable && stable.Revision != record.Target.Revision)
        {
            return Of(stable);
        }

        var runs = goesBack && record.Stable is { } back ? back.Revision : record.Target.Revision;
        return record.History.Where(h => h.Outcome == RolloutPhase.Stable && h.Revision != runs && h.Revision != record.Target.Revision)
            .Select(h => new KnownRevision(h.Revision, h.SpecRevision, h.Image)).FirstOrDefault();
    }

    private static KnownRevision Of(RolloutRevision revision) => new(revision.Revision, revision.SpecRevision, revision.Template.Image);
}
