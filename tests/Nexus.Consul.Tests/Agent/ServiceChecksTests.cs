using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Nexus.Testing;
using static Nexus.Consul.Tests.TestWatching;

namespace Nexus.Consul.Tests.Agent;

public sealed class ServiceChecksTests(ConsulFixture consul)
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(200);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ConsulClient Client => consul.Client;

    [Fact]
    public async Task A_registered_service_is_found_everywhere_with_all_it_said()
    {
        var name = UniqueName("svc");
        await using var cleanup = await RegisterAsync(new ServiceRegistration
        {
            Id = name + "-1",
            Name = name,
            Address = "127.0.0.9",
            Port = 8081,
            Tags = ["green", "v2"],
            Meta = ImmutableDictionary<string, string>.Empty.Add("zone", "a"),
        });
        await using var watch = Client.Health.WatchServiceAsync(name, options: null, Token).GetAsyncEnumerator(Token);
        var seen = await watch.UntilAsync(seen => seen.Value.Length == 1, "the service in the catalog");

        var entry = seen.Value[0];
        AssertSame(entry.Service);
        Assert.Equal("127.0.0.9", entry.Address);
        Assert.Equal(consul.Server.NodeName, entry.Node.Name);
        Assert.Contains(entry.Checks, check => check.CheckId == HealthCheck.NodeCheckId);
        AssertSame((await Client.Agent.ServicesAsync(Token)).Single(service => service.Name == name));
        AssertSame((await Client.Catalog.ServiceAsync(name, Token)).Value.Single().Service);
        Assert.Equal(["green", "v2"], (await Client.Catalog.ServicesAsync(Token)).Value[name].Order(StringComparer.Ordinal));

        await Client.Agent.DeregisterServiceAsync(name + "-1", Token);
        await Client.Agent.DeregisterServiceAsync(name + "-1", Token);
        await watch.UntilAsync(left => left.Value.IsEmpty, "the service's removal");

        void AssertSame(ServiceInstance service)
        {
            Assert.Equal((name + "-1", name, "127.0.0.9", 8081), (service.Id, service.Name, service.Address, service.Port));
            Assert.Equal(["green", "v2"], service.Tags);
            Assert.Equal("a", service.Meta["zone"]);
        }
    }

    [Fact]
    public async Task A_service_without_an_address_is_at_its_nodes()
    {
        var name = UniqueName("bare");
        await using var cleanup = await RegisterAsync(new ServiceRegistration { Id = name, Name = name });
        await using var watch = Client.Health.WatchServiceAsync(name, options: null, Token).GetAsyncEnumerator(Token);
        var entry = (await watch.UntilAsync(seen => seen.Value.Length == 1, "the service in the catalog")).Value[0];
        Assert.Equal(("", "127.0.0.1", 0), (entry.Service.Address, entry.Address, entry.Service.Port));
        Assert.Empty(entry.Service.Tags);
        Assert.Empty(entry.Service.Meta);
    }

    [Fact]
    public async Task An_http_check_follows_the_answers()
    {
        await using var site = new TestSite();
        var name = UniqueName("http");
        await using var cleanup = await RegisterAsync(With(name, new HttpCheck
        {
            CheckId = name + ":http",
            Name = "answers",
            Url = new Uri(site.Address, "health?deep=1"),
            Interval = Often,
            Timeout = TimeSpan.FromSeconds(2),
            Method = "POST",
            Header = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add("X-Nexus", ["yes"]),
            DeregisterCriticalServiceAfter = TimeSpan.FromMinutes(90),
        }));
        await using var watch = Client.Health.WatchServiceAsync(name, options: null, Token).GetAsyncEnumerator(Token);
        await watch.UntilAsync(seen => Status(seen) == CheckStatus.Passing, "the check passing");
        Assert.Equal("POST /health?deep=1 yes", site.LastRequest);
        var passing = await Client.Health.ServiceAsync(name, passingOnly: true, Token);
        Assert.Single(passing.Value);

        site.Status = HttpStatusCode.TooManyRequests;
        await watch.UntilAsync(seen => Status(seen) == CheckStatus.Warning, "the check warning");
        site.Status = HttpStatusCode.ServiceUnavailable;
        var critical = await watch.UntilAsync(seen => Status(seen) == CheckStatus.Critical, "the check critical");
        Assert.Contains("503", critical.Value[0].Checks.Single(check => check.Name == "answers").Output, StringComparison.Ordinal);
        Assert.Empty((await Client.Health.ServiceAsync(name, passingOnly: true, Token)).Value);
        Assert.Single((await Client.Health.ServiceAsync(name, passingOnly: false, Token)).Value);
    }

    [Fact]
    public async Task A_tcp_check_follows_the_listener()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var name = UniqueName("tcp");
        await using var cleanup = await RegisterAsync(With(name, new TcpCheck
        {
            CheckId = name + ":tcp",
            Address = listener.LocalEndpoint.ToString()!,
            Interval = Often,
            SuccessBeforePassing = 2,
            FailuresBeforeCritical = 2,
        }));
        await using var watch = Client.Health.WatchServiceAsync(name, options: null, Token).GetAsyncEnumerator(Token);
        await watch.UntilAsync(seen => Status(seen) == CheckStatus.Passing, "the check passing");
        listener.Stop();
        await watch.UntilAsync(seen => Status(seen) == CheckStatus.Critical, "the check critical");
    }

    [Fact]
    public async Task A_ttl_check_follows_reports_and_their_absence()
    {
        var name = UniqueName("ttl");
        var check = new TtlCheck { CheckId = name + ":ttl", Ttl = TimeSpan.FromMinutes(5) };
        await using var cleanup = await RegisterAsync(With(name, check));
        await using var watch = Client.Health.WatchServiceAsync(name, options: null, Token).GetAsyncEnumerator(Token);
        await watch.UntilAsync(seen => Status(seen) == CheckStatus.Critical, "the check critical, as it begins");
        foreach (var status in (CheckStatus[])[CheckStatus.Passing, CheckStatus.Warning, CheckStatus.Critical, CheckStatus.Passing])
        {
            await Client.Agent.UpdateTtlAsync(check.CheckId, status, $"it is {status}", Token);
            var seen = await watch.UntilAsync(seen => Status(seen) == status, $"the check {status}");
            Assert.Contains(seen.Value[0].Checks, found => found.Output == $"it is {status}");
        }

        await Client.Agent.RegisterServiceAsync(With(name, check with { Ttl = TimeSpan.FromMilliseconds(300) }), Token);
        await watch.UntilAsync(seen => Status(seen) == CheckStatus.Critical, "the check critical for want of reports");
    }

    [Fact]
    public async Task A_report_to_an_unknown_check_fails_as_not_found()
    {
        var exception = await Assert.ThrowsAsync<ConsulException>(
            () => Client.Agent.UpdateTtlAsync(UniqueName("unknown"), CheckStatus.Passing, "", Token));
        Assert.True(exception.IsNotFound, exception.Message);
    }

    [Fact]
    public async Task Maintenance_makes_a_service_critical_until_it_ends()
    {
        var name = UniqueName("maintained");
        await using var cleanup = await RegisterAsync(With(
            name, new TtlCheck { CheckId = name, Ttl = TimeSpan.FromMinutes(5), InitialStatus = CheckStatus.Passing }));
        await using var watch = Client.Health.WatchServiceAsync(name, options: null, Token).GetAsyncEnumerator(Token);
        await watch.UntilAsync(seen => Status(seen) == CheckStatus.Passing, "the service passing");

        await Client.Agent.SetServiceMaintenanceAsync(name, enable: true, "draining & moving", Token);
        var down = await watch.UntilAsync(seen => Status(seen) == CheckStatus.Critical, "the service in maintenance");
        Assert.Contains(down.Value[0].Checks, check => check.Notes == "draining & moving");
        await Client.Agent.SetServiceMaintenanceAsync(name, enable: false, reason: null, Token);
        await watch.UntilAsync(seen => Status(seen) == CheckStatus.Passing, "the service back");

        var exception = await Assert.ThrowsAsync<ConsulException>(
            () => Client.Agent.SetServiceMaintenanceAsync(UniqueName("nobody"), enable: true, reason: null, Token));
        Assert.True(exception.IsNotFound, exception.Message);
    }

    [Fact]
    public async Task ReplaceExistingChecks_drops_what_is_not_named_again()
    {
        var name = UniqueName("replaced");
        TtlCheck Check(string id) => new() { CheckId = $"{name}:{id}", Ttl = TimeSpan.FromMinutes(5), InitialStatus = CheckStatus.Passing };
        var service = With(name, Check("a"), Check("b"));
        await using var cleanup = await RegisterAsync(service);
        await Client.Agent.UpdateTtlAsync($"{name}:a", CheckStatus.Warning, "kept", Token);

        await Client.Agent.RegisterServiceAsync(service with { Checks = [Check("a")], ReplaceExistingChecks = true }, Token);
        var left = (await Client.Agent.ChecksAsync(Token)).Where(check => check.ServiceName == name);
        Assert.Equal([($"{name}:a", CheckStatus.Warning)], left.Select(check => (check.CheckId, check.Status)));
    }

    [Fact]
    public async Task The_nodes_own_check_is_watched()
    {
        await using var watch = Client.Health.WatchNodeAsync(consul.Server.NodeName, options: null, Token).GetAsyncEnumerator(Token);
        var seen = await watch.NextAsync("the first read");
        Assert.Contains(seen.Value, check => check is { CheckId: HealthCheck.NodeCheckId, Status: CheckStatus.Passing, ServiceId: "" });
        Assert.Empty((await Client.Health.NodeAsync(UniqueName("nobody"), Token)).Value);
    }

    [Fact]
    public async Task WatchServices_sees_a_new_name()
    {
        await using var watch = Client.Catalog.WatchServicesAsync(options: null, Token).GetAsyncEnumerator(Token);
        Assert.Contains("consul", (await watch.NextAsync("the first read")).Value.Keys);
        var name = UniqueName("new");
        await using var cleanup = await RegisterAsync(new ServiceRegistration { Id = name, Name = name, Tags = ["t"] });
        var seen = await watch.UntilAsync(seen => seen.Value.ContainsKey(name), "the new name");
        Assert.Equal(["t"], seen.Value[name]);
    }

    private static ServiceRegistration With(string name, params ServiceCheck[] checks) =>
        new() { Id = name, Name = name, Address = "127.0.0.1", Port = 1, Checks = [.. checks] };

    private static CheckStatus? Status(ConsulResult<ImmutableArray<ServiceEntry>> seen) =>
        seen.Value is [var entry] ? entry.AggregatedStatus : null;

    private async Task<Cleanup> RegisterAsync(ServiceRegistration service)
    {
        await Client.Agent.RegisterServiceAsync(service, Token);
        return new Cleanup(() => Client.Agent.DeregisterServiceAsync(service.Id, CancellationToken.None));
    }
}
