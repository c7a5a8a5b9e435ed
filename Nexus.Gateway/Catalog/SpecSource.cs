using System.Runtime.CompilerServices;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Spec;
using Nexus.Core.State;
using SpecDocument = Nexus.Api.State.SpecDocument;

namespace Nexus.Gateway.Catalog;

/// <summary>The spec as the managers last applied it. One that cannot be read changes nothing.</summary>
internal sealed partial class SpecSource(ConsulClient consul, TimeProvider time, ILogger<SpecSource> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The current spec, then every later one that is valid; null whenever Consul holds none.</summary>
    public async IAsyncEnumerable<(ClusterSpec? Spec, long Revision)> FollowAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var current in consul.Kv.WatchAsync(StateKeys.SpecCurrent, options: null, cancellationToken))
        {
            if (current.Value is not { } pointer)
            {
                yield return (null, 0);
            }
            else if (await ReadAsync(pointer, cancellationToken) is { } read)
            {
                yield return read;
            }
            else
            {
                // It cannot be read, and the log says so.
            }
        }
    }

    private async Task<(ClusterSpec Spec, long Revision)?> ReadAsync(KvPair pair, CancellationToken cancellationToken)
    {
        var pointer = StateRecords.Read(pair.Key, pair.Value, StateJson.Default.SpecPointer);
        if (pointer.Value is not { Revision: var revision })
        {
            LogUnreadable(pair.Key, pointer.Reason!);
            return null;
        }

        var key = StateKeys.SpecRevision(revision);
        var reading = await ReadDocumentAsync(key, cancellationToken);
        if (reading.Value is not { } document)
        {
            if (reading.Reason is { } reason)
            {
                LogUnreadable(key, reason);
            }
            else
            {
                LogMissing(revision, key);
            }

            return null;
        }

        var result = SpecReader.Read(document.Yaml, $"spec-{revision}.yaml");
        if (result.Spec is null)
        {
            LogInvalid(revision, string.Join("; ", result.Lines));
            return null;
        }

        return (result.Spec, revision);
    }

    private async Task<RecordReading<SpecDocument>> ReadDocumentAsync(string key, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var pair = await consul.Kv.GetAsync(key, cancellationToken);
                return StateRecords.Read(key, pair?.Value, StateJson.Default.SpecDocument);
            }
            catch (ConsulException e)
            {
                LogAway(key, e.Message);
                await Task.Delay(Patience, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(6020, LogLevel.Error, "Spec {Revision} is current but {Key} does not exist; routing goes on by the one before")]
    private partial void LogMissing(long revision, string key);

    [LoggerMessage(6021, LogLevel.Error, "Spec {Revision} is not valid here; routing goes on by the one before: {Problems}")]
    private partial void LogInvalid(long revision, string problems);

    [LoggerMessage(6022, LogLevel.Error, "{Key} cannot be read; routing goes on by the spec before: {Reason}")]
    private partial void LogUnreadable(string key, string reason);

    [LoggerMessage(6023, LogLevel.Warning, "Reading {Key} failed and will be tried again: {Reason}")]
    private partial void LogAway(string key, string reason);
}
