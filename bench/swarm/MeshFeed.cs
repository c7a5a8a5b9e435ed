using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Nexus.Bench.Swarm;

/// <summary>
/// Keeps the stand-in's backends: the service's tasks whose container runs, passes its check and was not told to stop. Driven
/// by the engine's events; a signal or a death takes a container out before the list is read anew.
/// </summary>
internal sealed class MeshFeed : IAsyncDisposable
{
    private static readonly TimeSpan Resync = TimeSpan.FromSeconds(1);

    private readonly EngineApi _engine;
    private readonly Layer4Proxy _proxy;
    private readonly string _label;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<string?> _news = Channel.CreateUnbounded<string?>();
    private readonly HashSet<string> _leaving = new(StringComparer.Ordinal);
    private readonly Task _running;

    public MeshFeed(EngineApi engine, Layer4Proxy proxy, string service)
    {
        (_engine, _proxy, _label) = (engine, proxy, $"com.docker.swarm.service.name={service}");
        _running = Task.WhenAll(ListenAsync(_stop.Token), ApplyAsync(_stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var filter = EngineApi.Filter(
            ("type", ["container"]), ("label", [_label]), ("event", ["start", "die", "kill", "health_status"]));
        await foreach (var news in _engine.StreamAsync($"events?{filter}", cancellationToken))
        {
            var action = (string)news["Action"]!;
            var leaves = action is "die" or "kill" || action.EndsWith("unhealthy", StringComparison.Ordinal);
            if (leaves)
            {
                var container = ((string)news["Actor"]!["ID"]!)[..12];
                lock (_leaving)
                {
                    _leaving.Add(container);
                }

                _proxy.Backends = [.. _proxy.Backends.Where(b => b.Container != container)];
            }

            _news.Writer.TryWrite(null);
        }
    }

    private async Task ApplyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var listed = (await _engine.GetAsync($"containers/json?{EngineApi.Filter(("label", [_label]))}", cancellationToken)).AsArray();
            lock (_leaving)
            {
                _proxy.Backends = [.. listed.Select(c => Read(c!)).OfType<Backend>().Where(b => !_leaving.Contains(b.Container))];
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(Resync);
            try
            {
                await _news.Reader.ReadAsync(limit.Token);
                while (_news.Reader.TryRead(out _))
                {
                    // One look serves them all.
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Nothing happened; look all the same.
            }
        }
    }

    private static Backend? Read(JsonNode container) =>
        ((string)container["Status"]!).Contains("(healthy)", StringComparison.Ordinal)
        && container["NetworkSettings"]?["Networks"]?["bridge"]?["IPAddress"] is { } address && IPAddress.TryParse((string)address!, out var ip)
            ? new Backend(((string)container["Id"]!)[..12], new IPEndPoint(ip, 8080))
            : null;
}
