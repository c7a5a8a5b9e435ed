using System.Runtime.CompilerServices;
using System.Text.Json;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Spec;
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
        try
        {
            var revision = StateJson.Read(pair.Key, pair.Value, StateJson.Default.SpecPointer).Revision;
            var document = await ReadDocumentAsync(StateKeys.SpecRevision(revision), cancellationToken);
            if (document is null)
            {
                LogMissing(revision, StateKeys.SpecRevision(revision));
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
        catch (JsonException e)
        {
            LogUnreadable(e.Message);
            return null;
        }
    }

    private async Task<SpecDocument?> ReadDocumentAsync(string key, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var pair = await consul.Kv.GetAsync(key, cancellationToken);
                return pair is null ? null : StateJson.Read(key, pair.Value, StateJson.Default.SpecDocument);
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

    [LoggerMessage(6022, LogLevel.Error, "The spec in Consul cannot be read; routing goes on by the one before: {Reason}")]
    private partial void LogUnreadable(string reason);

    [LoggerMessage(6023, LogLevel.Warning, "Reading {Key} failed and will be tried again: {Reason}")]
    private partial void LogAway(string key, string reason);
}
