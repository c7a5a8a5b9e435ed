using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.ServiceDefaults.Clocks;

namespace Nexus.Orchestrator.State;

/// <summary>The spec in force, as applied and as understood.</summary>
/// <param name="Document">As applied.</param>
/// <param name="Spec">As understood.</param>
/// <param name="PointerIndex">ModifyIndex of the pointer, for CAS.</param>
/// <param name="Traceparent">The trace in which it was applied; null when that is not known.</param>
internal sealed record StoredSpec(SpecDocument Document, ClusterSpec Spec, ulong PointerIndex, string? Traceparent);

/// <summary>The spec in force as it was read.</summary>
/// <param name="Spec">The spec; null before the first apply, and while none is known that can be read.</param>
/// <param name="ProblemKey">Key of the record that cannot be read; null while all can. <paramref name="Spec"/> is then the last one that could.</param>
/// <param name="Problem">What is wrong with it.</param>
internal sealed record SpecReading(StoredSpec? Spec, string? ProblemKey = null, string? Problem = null)
{
    /// <summary>Whether something is in force that cannot be read.</summary>
    public bool IsUnreadable => Problem is not null;
}

/// <summary>What came of an apply.</summary>
internal enum ApplyOutcome
{
    /// <summary>A new revision holds.</summary>
    Applied,

    /// <summary>The document is the one in force.</summary>
    Unchanged,

    /// <summary>Another revision holds than the caller expected.</summary>
    Conflict,
}

/// <summary>What came of an apply, and of which revision it took the place.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Revision">The revision in force now.</param>
/// <param name="Replaced">The revision in force until then; zero for none, and where nothing was replaced the one in force.</param>
/// <param name="ReplacedBy">Who had applied that one.</param>
internal sealed record ApplyResult(ApplyOutcome Outcome, long Revision, long Replaced, string? ReplacedBy)
{
    /// <summary>The record that cannot be read, and why, when the current revision is therefore unknown; null when it is known.</summary>
    public (string Key, string Reason)? Unknown { get; init; }

    public void Deconstruct(out ApplyOutcome outcome, out long revision) => (outcome, revision) = (Outcome, Revision);
}

/// <summary>Specs in Consul: immutable documents and a pointer to the one in force, moved by CAS.</summary>
internal sealed class SpecStore(ConsulClient consul, TimeProvider time)
{
    private const int Attempts = 5;
    private const int MaxEarlier = 8;
    private StoredSpec? _cached;
    private ImmutableDictionary<long, ClusterSpec?> _earlier = ImmutableDictionary<long, ClusterSpec?>.Empty;

    /// <summary>The spec in force.</summary>
    public async Task<SpecReading> ReadAsync(CancellationToken cancellationToken) =>
        await ReadAsync(await consul.Kv.GetAsync(StateKeys.SpecCurrent, cancellationToken), cancellationToken);

    /// <summary>The spec that a pointer names. Where that cannot be read, the last one that could, with the problem.</summary>
    public async Task<SpecReading> ReadAsync(KvPair? pointer, CancellationToken cancellationToken)
    {
        var last = Volatile.Read(ref _cached);
        if (pointer is null)
        {
            // Nothing deletes the pointer: without it, revisions that are there mean that it was lost.
            if (await HighestRevisionAsync(cancellationToken) is var highest and > 0)
            {
                return new SpecReading(last, StateKeys.SpecCurrent, $"the record is missing, although revisions up to {highest} exist");
            }

            // A store that lost everything gives revisions and indexes out again.
            Volatile.Write(ref _cached, null);
            return new SpecReading(null);
        }

        if (last?.PointerIndex == pointer.ModifyIndex)
        {
            return new SpecReading(last);
        }

        var (document, key, problem) = await ReadDocumentAsync(pointer, cancellationToken);
        if (document is null)
        {
            return new SpecReading(last, key, problem);
        }

        var read = SpecReader.Read(document.Yaml, $"revision {document.Revision}");
        if (read.Spec is not { } spec)
        {
            return new SpecReading(
                last, key, $"this version of Nexus does not accept the document: {string.Join("; ", read.Problems.Select(p => p.Format("spec")))}");
        }

        var stored = new StoredSpec(document, spec, pointer.ModifyIndex, TraceContext.Of(pointer.Value));
        Volatile.Write(ref _cached, stored);
        return new SpecReading(stored);
    }

    /// <summary>Pools that <paramref name="spec"/> has no more while routes may still lead to them, as the last spec with them had them.
    /// One whose document is gone or cannot be read is left out.</summary>
    public async Task<ImmutableArray<PoolSpec>> RetainedAsync(ClusterSpec spec, RoutesRecord routes, CancellationToken cancellationToken)
    {
        var names = spec.Pools.Select(pool => pool.Name).ToHashSet();
        var retained = routes.Retained.Concat(routes.Routes.Select(route => new RetainedPool(route.Pool, routes.SpecRevision)))
            .Where(pool => !names.Contains(pool.Pool)).DistinctBy(pool => pool.Pool);
        var pools = ImmutableArray.CreateBuilder<PoolSpec>();
        foreach (var (name, revision) in retained)
        {
            if ((await ReadEarlierAsync(revision, cancellationToken))?.Pools.FirstOrDefault(pool => pool.Name == name) is { } pool)
            {
                pools.Add(pool);
            }
        }

        return pools.ToImmutable();
    }

    /// <summary>A spec of the past; null when it is gone or this version does not read it.</summary>
    private async Task<ClusterSpec?> ReadEarlierAsync(long revision, CancellationToken cancellationToken)
    {
        var known = Volatile.Read(ref _earlier);
        if (known.TryGetValue(revision, out var spec))
        {
            return spec;
        }

        var key = StateKeys.SpecRevision(revision);
        if (await consul.Kv.GetAsync(key, cancellationToken) is not { } pair)
        {
            return null;
        }

        try
        {
            spec = SpecReader.Read(StateJson.Read(key, pair.Value, StateJson.Default.SpecDocument).Yaml, $"revision {revision}").Spec;
        }
        catch (JsonException)
        {
            return null; // What runs of its pools stays as it is; that the record cannot be read is found where specs are listed.
        }

        Volatile.Write(ref _earlier, known.Count < MaxEarlier ? known.Add(revision, spec) : ImmutableDictionary<long, ClusterSpec?>.Empty.Add(revision, spec));
        return spec;
    }

    /// <summary>Makes a valid document the one in force.</summary>
    /// <param name="yaml">The document; the caller has validated it.</param>
    /// <param name="author">Who applies it.</param>
    /// <param name="expected">Revision that must be in force, zero for none; null when any may.</param>
    /// <param name="cancellationToken">Stops waiting; a write under way may still take effect.</param>
    public async Task<ApplyResult> ApplyAsync(
        string yaml, string author, long? expected, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            // Not as understood: what this version cannot read has to give way, too.
            var pointer = await consul.Kv.GetAsync(StateKeys.SpecCurrent, cancellationToken);
            var current = pointer is null ? null : (await ReadDocumentAsync(pointer, cancellationToken)).Document;
            var revision = current?.Revision ?? (pointer is null ? null : PointerOf(pointer).Value?.Revision) ?? 0;
            if (expected is { } wanted && (wanted != revision || revision == 0))
            {
                var unknown = revision == 0 ? await WhyUnknownAsync(pointer, cancellationToken) : null;
                if (wanted != revision || unknown is not null)
                {
                    return new ApplyResult(ApplyOutcome.Conflict, revision, revision, current?.AppliedBy) { Unknown = unknown };
                }
            }

            if (current?.Yaml == yaml)
            {
                return new ApplyResult(ApplyOutcome.Unchanged, revision, revision, current?.AppliedBy);
            }

            // Where the current revision is not known, the next one follows all that were ever written.
            var next = 1 + (current is not null ? revision : Math.Max(revision, await HighestRevisionAsync(cancellationToken)));
            if (await TryWriteAsync(new SpecDocument(next, yaml, time.GetWallNow(), author), pointer?.ModifyIndex ?? 0, cancellationToken))
            {
                return new ApplyResult(ApplyOutcome.Applied, next, revision, current?.AppliedBy);
            }

            if (attempt == Attempts)
            {
                throw new InvalidOperationException($"The spec was changed by others {Attempts} times in a row; nothing was applied.");
            }
        }
    }

    /// <summary>Why no revision is known: the pointer cannot be read, or is missing although revisions exist; null where there is none.</summary>
    private async Task<(string Key, string Reason)?> WhyUnknownAsync(KvPair? pointer, CancellationToken cancellationToken) =>
        pointer is not null ? (pointer.Key, PointerOf(pointer).Reason ?? "it names no revision")
        : await HighestRevisionAsync(cancellationToken) is var highest and > 0
            ? (StateKeys.SpecCurrent, $"the record is missing, although revisions up to {highest} exist")
            : null;

    private static RecordReading<SpecPointer> PointerOf(KvPair pointer) =>
        StateRecords.Read(pointer.Key, pointer.Value, StateJson.Default.SpecPointer);

    private async Task<(SpecDocument? Document, string Key, string? Problem)> ReadDocumentAsync(KvPair pointer, CancellationToken cancellationToken)
    {
        if (PointerOf(pointer) is not { Value.Revision: var revision } named)
        {
            return (null, pointer.Key, PointerOf(pointer).Reason);
        }

        var key = StateKeys.SpecRevision(revision);
        var pair = await consul.Kv.GetAsync(key, cancellationToken);
        var reading = StateRecords.Read(key, pair?.Value, StateJson.Default.SpecDocument);
        return reading.Status == RecordStatus.Absent
            ? (null, key, $"the record is missing, although '{StateKeys.SpecCurrent}' names revision {revision}")
            : (reading.Value, key, reading.Reason);
    }

    private async Task<long> HighestRevisionAsync(CancellationToken cancellationToken)
    {
        var written = await consul.Kv.ListAsync(StateKeys.SpecRevisions, cancellationToken);
        return written.Value.Select(p => p.Key[StateKeys.SpecRevisions.Length..])
            .Select(name => long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .DefaultIfEmpty(0).Max();
    }

    private async Task<bool> TryWriteAsync(SpecDocument document, ulong pointerIndex, CancellationToken cancellationToken)
    {
        // Whoever leads learns of it by this key, not by a call: the key carries the trace on.
        var pointer = TraceContext.Beside(StateJson.Write(new SpecPointer(document.Revision), StateJson.Default.SpecPointer), TraceContext.Current);
        var result = await consul.Transactions.ExecuteAsync(
            [
                TxnOperation.Set(StateKeys.SpecRevision(document.Revision), StateJson.Write(document, StateJson.Default.SpecDocument)),
                TxnOperation.CompareAndSet(StateKeys.SpecCurrent, pointer, pointerIndex),
            ],
            cancellationToken);
        return result.Committed;
    }
}
