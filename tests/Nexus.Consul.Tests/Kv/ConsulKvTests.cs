using Nexus.Testing;
using static Nexus.Consul.Tests.TestWatching;

namespace Nexus.Consul.Tests.Kv;

public sealed class ConsulKvTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ConsulKv Kv => consul.Client.Kv;

    [Fact]
    public async Task Get_of_a_missing_key_is_null() =>
        Assert.Null(await Kv.GetAsync(UniqueName("missing"), Token));

    [Fact]
    public async Task Put_then_get_returns_the_very_bytes()
    {
        var key = UniqueName("bytes");
        byte[] value = [0, 255, 10, 13, 34, 92];
        await Kv.PutAsync(key, value, Token);

        foreach (var consistency in Enum.GetValues<ReadConsistency>())
        {
            var pair = await Kv.GetAsync(key, consistency, Token);
            Assert.NotNull(pair);
            Assert.Equal(value, pair.Value.ToArray());
            Assert.Equal(key, pair.Key);
            Assert.Null(pair.Session);
            Assert.Equal(pair.CreateIndex, pair.ModifyIndex);
        }
    }

    [Fact]
    public async Task An_empty_value_is_empty_and_not_missing()
    {
        var key = UniqueName("empty");
        await Kv.PutAsync(key, ReadOnlyMemory<byte>.Empty, Token);
        var pair = await Kv.GetAsync(key, Token);
        Assert.NotNull(pair);
        Assert.True(pair.Value.IsEmpty);
    }

    [Fact]
    public async Task A_key_with_odd_characters_comes_back_as_it_was()
    {
        var key = UniqueName("odd") + "/a b+c,d=e&f?";
        await Kv.PutAsync(key, Bytes("x"), Token);
        Assert.Equal(key, (await Kv.GetAsync(key, Token))?.Key);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("/a", "leading slash")]
    [InlineData("a//b", "empty segment")]
    [InlineData("a/../b", "would leave its folder")]
    [InlineData("./a", "dot segment")]
    public async Task A_key_that_http_would_rewrite_is_refused(string key, string because) =>
        AssertRefused(await Record.ExceptionAsync(() => Kv.GetAsync(key, Token)), because);

    [Fact]
    public async Task CompareAndSet_of_zero_only_creates()
    {
        var key = UniqueName("create");
        Assert.True(await Kv.CompareAndSetAsync(key, Bytes("first"), 0, Token));
        Assert.False(await Kv.CompareAndSetAsync(key, Bytes("second"), 0, Token));
        Assert.Equal("first", (await Kv.GetAsync(key, Token)).Text());
    }

    [Fact]
    public async Task CompareAndSet_refuses_a_stale_index()
    {
        var key = UniqueName("cas");
        await Kv.PutAsync(key, Bytes("1"), Token);
        var read = await Kv.GetAsync(key, Token);
        Assert.True(await Kv.CompareAndSetAsync(key, Bytes("2"), read!.ModifyIndex, Token));
        Assert.False(await Kv.CompareAndSetAsync(key, Bytes("3"), read.ModifyIndex, Token));
        Assert.Equal("2", (await Kv.GetAsync(key, Token)).Text());
    }

    [Fact]
    public async Task CompareAndDelete_refuses_a_stale_index()
    {
        var key = UniqueName("cad");
        await Kv.PutAsync(key, Bytes("1"), Token);
        var read = await Kv.GetAsync(key, Token);
        await Kv.PutAsync(key, Bytes("2"), Token);
        Assert.False(await Kv.CompareAndDeleteAsync(key, read!.ModifyIndex, Token));
        read = await Kv.GetAsync(key, Token);
        Assert.True(await Kv.CompareAndDeleteAsync(key, read!.ModifyIndex, Token));
        Assert.Null(await Kv.GetAsync(key, Token));
    }

    [Fact]
    public async Task List_returns_what_is_under_the_prefix_in_order_with_an_index()
    {
        var root = UniqueName("list");
        await Kv.PutAsync(root + "/b", Bytes("2"), Token);
        await Kv.PutAsync(root + "/a/deep", Bytes("1"), Token);
        await Kv.PutAsync(root + "-other", Bytes("3"), Token);

        var listed = await Kv.ListAsync(root + "/", Token);
        Assert.Equal([root + "/a/deep", root + "/b"], listed.Value.Select(pair => pair.Key));
        Assert.True(listed.Index >= listed.Value.Max(pair => pair.ModifyIndex));
        Assert.True(listed.KnownLeader);
    }

    [Fact]
    public async Task List_of_nothing_is_empty_and_has_an_index()
    {
        var listed = await Kv.ListAsync(UniqueName("nothing") + "/", Token);
        Assert.Empty(listed.Value);
        Assert.NotEqual(0ul, listed.Index);
    }

    [Fact]
    public async Task Delete_takes_one_key_and_does_not_mind_its_absence()
    {
        var key = UniqueName("delete");
        await Kv.PutAsync(key, Bytes("1"), Token);
        await Kv.PutAsync(key + "/child", Bytes("2"), Token);
        await Kv.DeleteAsync(key, Token);
        await Kv.DeleteAsync(key, Token);
        Assert.Null(await Kv.GetAsync(key, Token));
        Assert.NotNull(await Kv.GetAsync(key + "/child", Token));
    }

    [Fact]
    public async Task DeleteTree_takes_the_folder_and_not_its_namesake()
    {
        var root = UniqueName("tree");
        await Kv.PutAsync(root + "/a", Bytes("1"), Token);
        await Kv.PutAsync(root + "/b/c", Bytes("2"), Token);
        await Kv.PutAsync(root + "s/a", Bytes("3"), Token);
        await Kv.DeleteTreeAsync(root + "/", Token);
        Assert.Equal([root + "s/a"], (await Kv.ListAsync(root, Token)).Value.Select(pair => pair.Key));
    }

    [Theory]
    [InlineData("", "would delete everything")]
    [InlineData("nodes/a", "would delete nodes/ab too")]
    public async Task DeleteTree_refuses_a_prefix_without_a_slash(string prefix, string because) =>
        AssertRefused(await Record.ExceptionAsync(() => Kv.DeleteTreeAsync(prefix, Token)), because);

    private static void AssertRefused(Exception? exception, string because) =>
        Assert.True(exception is ArgumentException, $"An ArgumentException was due ({because}), not {exception?.GetType().Name ?? "none"}.");
}
