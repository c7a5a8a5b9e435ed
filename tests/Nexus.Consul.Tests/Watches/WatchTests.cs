using System.Threading.Channels;
using Nexus.Testing;
using static Nexus.Consul.Tests.TestWatching;

namespace Nexus.Consul.Tests.Watches;

public sealed class WatchTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ConsulKv Kv => consul.Client.Kv;

    [Fact]
    public async Task Watch_yields_at_once_and_then_on_each_change()
    {
        var key = UniqueName("watch");
        await using var watch = Kv.WatchAsync(key, options: null, Token).GetAsyncEnumerator(Token);
        Assert.Null((await watch.NextAsync("the first read of a missing key")).Value);

        await Kv.PutAsync(key, Bytes("1"), Token);
        var created = await watch.UntilAsync(seen => seen.Value.Text() == "1", "the key's creation");
        await Kv.PutAsync(key, Bytes("2"), Token);
        var changed = await watch.UntilAsync(seen => seen.Value.Text() == "2", "the key's change");
        Assert.True(changed.Index > created.Index);
        await Kv.DeleteAsync(key, Token);
        await watch.UntilAsync(seen => seen.Value is null, "the key's deletion");
    }

    [Fact]
    public async Task WatchPrefix_sees_keys_come_and_go()
    {
        var root = UniqueName("watched") + "/";
        await using var watch = Kv.WatchPrefixAsync(root, options: null, Token).GetAsyncEnumerator(Token);
        Assert.Empty((await watch.NextAsync("the first read of an empty prefix")).Value);

        await Kv.PutAsync(root + "a", Bytes("1"), Token);
        await watch.UntilAsync(seen => seen.Value is [{ Key: var key }] && key == root + "a", "the first key");
        await Kv.PutAsync(root + "b", Bytes("2"), Token);
        await watch.UntilAsync(seen => seen.Value.Length == 2, "the second key");
        await Kv.DeleteTreeAsync(root, Token);
        await watch.UntilAsync(seen => seen.Value.IsEmpty, "the end of both keys");
    }

    [Fact]
    public async Task ResyncEveryWait_yields_though_nothing_changed()
    {
        var key = UniqueName("resync");
        await Kv.PutAsync(key, Bytes("same"), Token);
        var options = new WatchOptions { Wait = TimeSpan.FromMilliseconds(100), ResyncEveryWait = true };
        await using var watch = Kv.WatchAsync(key, options, Token).GetAsyncEnumerator(Token);
        var first = await watch.NextAsync("the first read");
        var second = await watch.NextAsync("the first resync");
        Assert.Equal(first.Index, second.Index);
        Assert.Equal("same", second.Value.Text());
    }

    [Fact]
    public async Task Without_resync_an_elapsed_wait_yields_nothing()
    {
        var key = UniqueName("quiet");
        await Kv.PutAsync(key, Bytes("1"), Token);
        var quiet = new WatchOptions { Wait = TimeSpan.FromMilliseconds(100) };
        var ticking = new WatchOptions { Wait = TimeSpan.FromMilliseconds(100), ResyncEveryWait = true };
        await using var watch = Kv.WatchAsync(key, quiet, Token).GetAsyncEnumerator(Token);
        await using var clock = Kv.WatchAsync(key, ticking, Token).GetAsyncEnumerator(Token);
        await watch.NextAsync("the first read");
        var next = watch.MoveNextAsync().AsTask();
        for (var tick = 0; tick < 5; tick++)
        {
            await clock.NextAsync("a resync of the other watch");
        }

        Assert.False(next.IsCompleted, "The watch yielded without a change.");
        await Kv.PutAsync(key, Bytes("2"), Token);
        Assert.True(await next.Within("the change"));
        Assert.Equal("2", watch.Current.Value.Text());
    }

    [Fact]
    public async Task Cancelling_ends_a_watch()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var first = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var watching = FollowAsync();
        await first.Task.Within("the first read");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching.Within("the end of the watch"));

        async Task<int> FollowAsync()
        {
            var seen = 0;
            await foreach (var _ in Kv.WatchAsync(UniqueName("cancel"), options: null, cancel.Token))
            {
                seen++;
                first.TrySetResult(true);
            }

            return seen;
        }
    }

    [Fact]
    public async Task A_watch_outlives_a_restart_and_the_loss_of_all_data()
    {
        await using var server = await ConsulServer.StartAsync(Token);
        using var client = server.CreateClient();
        for (var write = 0; write < 40; write++)
        {
            await client.Kv.PutAsync("key", Bytes($"{write}"), Token);
        }

        var errors = Channel.CreateUnbounded<Exception>();
        var options = new WatchOptions { OnError = error => errors.Writer.TryWrite(error) };
        await using var watch = client.Kv.WatchAsync("key", options, Token).GetAsyncEnumerator(Token);
        var before = await watch.NextAsync("the first read");
        Assert.Equal("39", before.Value.Text());

        var next = watch.UntilAsync(seen => seen.Value.Text() == "39", "the value kept over the restart");
        await server.KillAsync();
        Assert.IsType<ConsulException>(await errors.Reader.ReadAsync(Token).AsTask().Within("a report of the server's death"));
        await server.RestartAsync(Token);
        await next;

        next = watch.UntilAsync(seen => seen.Value.Text() == "(none)" || seen.Index < before.Index, "the loss of all data");
        await server.RestartEmptyAsync(Token);
        Assert.True((await next).Index < before.Index);
        await client.Kv.PutAsync("key", Bytes("new"), Token);
        var after = await watch.UntilAsync(seen => seen.Value.Text() == "new", "a change under the new, lower indexes");
        Assert.True(after.Index < before.Index, $"{after.Index} should be below {before.Index}, else this test shows nothing.");
    }
}
