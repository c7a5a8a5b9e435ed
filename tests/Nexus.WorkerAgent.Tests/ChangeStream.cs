using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Threading.Channels;
using Nexus.Api.V1;

namespace Nexus.WorkerAgent.Tests;

/// <summary>Listens to an agent's push stream as a gateway does.</summary>
internal sealed class ChangeStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Channel<AllocationChange> _changes = Channel.CreateUnbounded<AllocationChange>();
    private readonly List<AllocationChange> _seen = [];
    private Task _reading = Task.CompletedTask;

    private ChangeStream()
    {
    }

    public static async Task<ChangeStream> OpenAsync(TestAgent agent)
    {
        var stream = new ChangeStream();
        var body = await stream._http.GetStreamAsync(new Uri(agent.Api, Routes.AllocationChanges), TestContext.Current.CancellationToken);
        stream._reading = stream.ReadAsync(body);
        return stream;
    }

    /// <summary>The next change, of an allocation or of any.</summary>
    public async Task<AllocationChange> NextAsync(string? allocation = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            while (true)
            {
                var change = await _changes.Reader.ReadAsync(limit.Token);
                _seen.Add(change);
                if (allocation is null || change.Allocation == allocation)
                {
                    return change;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            throw new TimeoutException($"No further change of {allocation}. Before: {string.Join(", ", _seen)}", e);
        }
    }

    /// <summary>The next change of an allocation that is of this kind; others before it are passed over.</summary>
    public async Task<AllocationChange> NextAsync(string allocation, AllocationChangeKind kind)
    {
        while (true)
        {
            if (await NextAsync(allocation) is var change && change.Kind == kind)
            {
                return change;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
        _http.Dispose();
    }

    private async Task ReadAsync(Stream body)
    {
        await using var owned = body;
        try
        {
            var parser = SseParser.Create(body, static (_, data) => JsonSerializer.Deserialize(data, ApiJson.Default.AllocationChange)!);
            await foreach (var item in parser.EnumerateAsync(_end.Token))
            {
                Assert.Equal(item.Data.Kind.ToString(), item.EventType);
                await _changes.Writer.WriteAsync(item.Data, _end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException)
        {
            // The agent or the test ended.
        }

        _changes.Writer.TryComplete();
    }
}
