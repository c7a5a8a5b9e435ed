using Nexus.Testing;
using static Nexus.Consul.Tests.TestWatching;

namespace Nexus.Consul.Tests.Transactions;

public sealed class ConsulTransactionsTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ConsulClient Client => consul.Client;

    [Fact]
    public async Task All_operations_take_effect_and_results_come_in_order()
    {
        var root = UniqueName("txn");
        await Client.Kv.PutAsync(root + "/old", Bytes("old"), Token);
        var result = await Client.Transactions.ExecuteAsync(
            [
                TxnOperation.CheckNotExists(root + "/new"),
                TxnOperation.CompareAndSet(root + "/new", Bytes("new"), 0),
                TxnOperation.Get(root + "/old"),
                TxnOperation.Delete(root + "/old"),
                TxnOperation.Set(root + "/empty", ReadOnlyMemory<byte>.Empty),
            ],
            Token);

        Assert.True(result.Committed);
        Assert.Empty(result.Errors);
        Assert.Equal("old", result.Results.Single(pair => pair.Key == root + "/old").Text());
        Assert.Equal([root + "/empty", root + "/new"], (await Client.Kv.ListAsync(root + "/", Token)).Value.Select(pair => pair.Key));
        var written = await Client.Kv.GetAsync(root + "/new", Token);
        Assert.Equal(written!.ModifyIndex, result.Results.Single(pair => pair.Key == root + "/new").ModifyIndex);
    }

    [Theory]
    [InlineData(ReadConsistency.Default)]
    [InlineData(ReadConsistency.Consistent)]
    public async Task Several_prefixes_are_read_at_once(ReadConsistency consistency)
    {
        var root = UniqueName("trees");
        var session = await Client.Sessions.CreateAsync(new SessionRequest { LockDelay = TimeSpan.Zero }, Token);
        await Client.Kv.PutAsync(root + "/a/1", Bytes("one"), Token);
        await Client.Kv.PutAsync(root + "/a/2", Bytes("two"), Token);
        await Client.Kv.PutAsync(root + "/c", Bytes("other"), Token);
        Assert.True(await Client.Kv.AcquireAsync(root + "/leader", Bytes("me"), session, Token));

        var read = await Client.Transactions.ReadAsync([root + "/a/", root + "/none/", root + "/leader"], consistency, Token);

        Assert.Equal([(root + "/a/1", "one"), (root + "/a/2", "two"), (root + "/leader", "me")], read.Select(p => (p.Key, p.Text())));
        var alone = await Client.Kv.GetAsync(root + "/leader", Token);
        Assert.Equal((alone!.ModifyIndex, alone.LockIndex, session), (read[2].ModifyIndex, read[2].LockIndex, read[2].Session));
    }

    [Fact]
    public async Task One_refusal_undoes_all_and_names_its_operation()
    {
        var root = UniqueName("refused");
        await Client.Kv.PutAsync(root + "/a", Bytes("1"), Token);
        var read = await Client.Kv.GetAsync(root + "/a", Token);
        await Client.Kv.PutAsync(root + "/a", Bytes("2"), Token);

        var result = await Client.Transactions.ExecuteAsync(
            [TxnOperation.Set(root + "/b", Bytes("x")), TxnOperation.CheckIndex(root + "/a", read!.ModifyIndex)], Token);

        Assert.False(result.Committed);
        Assert.Equal([1], result.Errors.Select(error => error.OpIndex));
        Assert.Contains("index", result.Errors[0].What, StringComparison.Ordinal);
        Assert.Null(await Client.Kv.GetAsync(root + "/b", Token));
    }

    [Fact]
    public async Task CheckSession_refuses_once_the_session_is_gone()
    {
        var root = UniqueName("fenced");
        var id = await Client.Sessions.CreateAsync(new SessionRequest { LockDelay = TimeSpan.Zero }, Token);
        Assert.True((await Client.Transactions.ExecuteAsync([TxnOperation.Lock(root + "/leader", Bytes("me"), id)], Token)).Committed);
        TxnOperation[] write = [TxnOperation.CheckSession(root + "/leader", id), TxnOperation.Set(root + "/data", Bytes("1"))];
        Assert.True((await Client.Transactions.ExecuteAsync(write, Token)).Committed);

        await Client.Sessions.DestroyAsync(id, Token);
        write = [TxnOperation.CheckSession(root + "/leader", id), TxnOperation.Set(root + "/data", Bytes("2"))];
        var refused = await Client.Transactions.ExecuteAsync(write, Token);
        Assert.False(refused.Committed);
        Assert.Equal([0], refused.Errors.Select(error => error.OpIndex));
        Assert.Equal("1", (await Client.Kv.GetAsync(root + "/data", Token)).Text());
    }

    [Fact]
    public async Task Unlock_frees_what_lock_took()
    {
        var key = UniqueName("unlock");
        var id = await Client.Sessions.CreateAsync(new SessionRequest { LockDelay = TimeSpan.Zero }, Token);
        await Client.Transactions.ExecuteAsync([TxnOperation.Lock(key, Bytes("held"), id)], Token);
        Assert.Equal(id, (await Client.Kv.GetAsync(key, Token))!.Session);
        Assert.True((await Client.Transactions.ExecuteAsync([TxnOperation.Unlock(key, Bytes("free"), id)], Token)).Committed);
        var pair = await Client.Kv.GetAsync(key, Token);
        Assert.Equal((null, "free"), (pair!.Session, pair.Text()));
        Assert.True((await Client.Transactions.ExecuteAsync([TxnOperation.DeleteCompare(key, pair.ModifyIndex)], Token)).Committed);
        Assert.Null(await Client.Kv.GetAsync(key, Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public async Task More_than_64_or_no_operations_are_refused_here(int count)
    {
        TxnOperation[] operations = [.. Enumerable.Range(0, count).Select(number => TxnOperation.Delete($"nothing/{number}"))];
        var exception = await Assert.ThrowsAsync<ArgumentException>(() => Client.Transactions.ExecuteAsync(operations, Token));
        Assert.Contains($"has {count}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sixty_four_operations_are_accepted_by_consul()
    {
        var root = UniqueName("many");
        TxnOperation[] operations = [.. Enumerable.Range(0, 64).Select(number => TxnOperation.Set($"{root}/{number}", Bytes("x")))];
        Assert.True((await Client.Transactions.ExecuteAsync(operations, Token)).Committed);
        Assert.Equal(64, (await Client.Kv.ListAsync(root + "/", Token)).Value.Length);
    }
}
