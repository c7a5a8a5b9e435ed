using Nexus.Testing;
using static Nexus.Consul.Tests.TestWatching;

namespace Nexus.Consul.Tests.Sessions;

public sealed class ConsulSessionsTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ConsulClient Client => consul.Client;

    [Fact]
    public async Task Info_tells_what_was_asked_for()
    {
        var id = await Client.Sessions.CreateAsync(
            new SessionRequest
            {
                Name = "who",
                Ttl = TimeSpan.FromSeconds(90),
                LockDelay = TimeSpan.FromSeconds(3),
                Behavior = SessionBehavior.Delete,
            },
            Token);

        var info = await Client.Sessions.InfoAsync(id, Token);
        Assert.NotNull(info);
        Assert.Equal((id, "who", consul.Server.NodeName), (info.Id, info.Name, info.Node));
        Assert.Equal(TimeSpan.FromSeconds(90), info.Ttl);
        Assert.Equal(TimeSpan.FromSeconds(3), info.LockDelay);
        Assert.Equal(SessionBehavior.Delete, info.Behavior);
        Assert.Equal([HealthCheck.NodeCheckId], info.Checks);
    }

    [Fact]
    public async Task A_destroyed_session_is_gone_for_renew_and_info()
    {
        var id = await CreateAsync();
        Assert.True(await Client.Sessions.RenewAsync(id, Token));
        await Client.Sessions.DestroyAsync(id, Token);
        await Client.Sessions.DestroyAsync(id, Token);
        Assert.False(await Client.Sessions.RenewAsync(id, Token));
        Assert.Null(await Client.Sessions.InfoAsync(id, Token));
    }

    [Fact]
    public async Task A_lock_has_one_holder_until_it_is_released()
    {
        var key = UniqueName("lock");
        var (one, other) = (await CreateAsync(), await CreateAsync());
        Assert.True(await Client.Kv.AcquireAsync(key, Bytes("one"), one, Token));
        Assert.True(await Client.Kv.AcquireAsync(key, Bytes("one again"), one, Token));
        Assert.False(await Client.Kv.AcquireAsync(key, Bytes("other"), other, Token));
        Assert.False(await Client.Kv.ReleaseAsync(key, value: null, other, Token));
        var held = await Client.Kv.GetAsync(key, Token);
        Assert.Equal((one, "one again", 1ul), (held!.Session, held.Text(), held.LockIndex));

        Assert.True(await Client.Kv.ReleaseAsync(key, Bytes("left"), one, Token));
        Assert.Equal("left", (await Client.Kv.GetAsync(key, Token)).Text());
        Assert.True(await Client.Kv.AcquireAsync(key, Bytes("other"), other, Token));
        held = await Client.Kv.GetAsync(key, Token);
        Assert.Equal((other, 2ul), (held!.Session, held.LockIndex));
    }

    [Fact]
    public async Task Acquire_for_a_session_that_is_gone_fails_and_says_so()
    {
        var id = await CreateAsync();
        await Client.Sessions.DestroyAsync(id, Token);
        var exception = await Assert.ThrowsAsync<ConsulException>(
            () => Client.Kv.AcquireAsync(UniqueName("gone"), Bytes("x"), id, Token));
        Assert.True(exception.IsInvalidSession, exception.Message);
    }

    [Fact]
    public async Task The_lock_of_a_delete_session_goes_with_it()
    {
        var key = UniqueName("ephemeral");
        var id = await CreateAsync(SessionBehavior.Delete);
        Assert.True(await Client.Kv.AcquireAsync(key, Bytes("here"), id, Token));
        await Client.Sessions.DestroyAsync(id, Token);
        Assert.Null(await Client.Kv.GetAsync(key, Token));
    }

    [Fact]
    public async Task A_failed_ttl_check_ends_the_session_and_frees_the_lock()
    {
        var name = UniqueName("holder");
        var checkId = name + ":alive";
        await Client.Agent.RegisterServiceAsync(
            new ServiceRegistration
            {
                Id = name,
                Name = name,
                Checks = [new TtlCheck { CheckId = checkId, Ttl = TimeSpan.FromMinutes(5), InitialStatus = CheckStatus.Passing }],
            },
            Token);
        await using var cleanup = new Cleanup(() => Client.Agent.DeregisterServiceAsync(name, CancellationToken.None));
        await using var health = Client.Health.WatchServiceAsync(name, options: null, Token).GetAsyncEnumerator(Token);
        await health.UntilAsync(seen => seen.Value is [{ AggregatedStatus: CheckStatus.Passing }], "the service in the catalog");

        var id = await Client.Sessions.CreateAsync(
            new SessionRequest { LockDelay = TimeSpan.Zero, Checks = [HealthCheck.NodeCheckId, checkId] }, Token);
        Assert.True(await Client.Kv.AcquireAsync(name, Bytes("x"), id, Token));
        var held = await Client.Kv.GetAsync(name, Token);
        Assert.Equal(id, held!.Session);

        await using var watch = Client.Kv.WatchAsync(name, options: null, Token).GetAsyncEnumerator(Token);
        await Client.Agent.UpdateTtlAsync(checkId, CheckStatus.Critical, "the holder gave up", Token);
        await watch.UntilAsync(seen => seen.Value is { Session: null }, "the lock's release");
        Assert.False(await Client.Sessions.RenewAsync(id, Token));

        var exception = await Assert.ThrowsAsync<ConsulException>(
            () => Client.Sessions.CreateAsync(new SessionRequest { Checks = [HealthCheck.NodeCheckId, checkId] }, Token));
        Assert.Contains(checkId, exception.Text, StringComparison.Ordinal);
    }

    private Task<string> CreateAsync(SessionBehavior behavior = SessionBehavior.Release) =>
        Client.Sessions.CreateAsync(new SessionRequest { LockDelay = TimeSpan.Zero, Behavior = behavior }, Token);
}
