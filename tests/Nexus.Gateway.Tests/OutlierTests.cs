using System.Net;
using Nexus.Core.Routing;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Live;
using Nexus.Gateway.Reporting;
using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

/// <summary>Replicas that pass their checks and fail their requests.</summary>
public sealed class OutlierTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lone_replica_that_answers_500_is_ejected_reported_and_comes_back_when_it_is_well()
    {
        await using var replicas = await Replicas.StartAsync(3, failing: 1);
        await using var gateway = await StartAsync("lone", replicas, "outlier_detection: { ejection_time: 3s }");
        var book = gateway.Service<EjectionBook>();

        for (var i = 0; i < 200 && !book.IsEjected("lone-0"); i++)
        {
            await SendAsync(gateway, 30);
        }

        Assert.Equal(EjectionReason.Outlier, book.Find("lone-0")!.Reason);
        var live = gateway.Service<LivePools>().Find("lone")!;
        await Eventually.TrueAsync(() => live.Candidates.Sum(share => share.Members.Length) == 2, "its end as one to ask");
        Assert.All(await SendAsync(gateway, 60), status => Assert.Equal(HttpStatusCode.OK, status));
        var evidence = Assert.Single(gateway.Service<ReportComposer>().Compose().Evidence);
        Assert.Equal(("lone-0", "lone"), (evidence.Allocation.Value, evidence.Pool.Value));
        Assert.NotNull(evidence.Ejected);
        Assert.Equal(evidence.Requests, evidence.Failures);
        Assert.InRange(evidence.Requests, 20, 10_000);

        replicas.Heal();
        await Eventually.TrueAsync(() => !book.IsEjected("lone-0"), "its return");
        Assert.All(await SendAsync(gateway, 60), status => Assert.Equal(HttpStatusCode.OK, status));
    }

    [Theory]
    [InlineData("alike", 3, "")]
    [InlineData("off", 1, "outlier_detection: { enabled: false }")]
    public async Task Replicas_that_all_fail_alike_stay_and_it_can_be_turned_off(string pool, int failing, string settings)
    {
        await using var replicas = await Replicas.StartAsync(3, failing);
        await using var gateway = await StartAsync(pool, replicas, settings);
        var detector = gateway.Service<EjectionBook>();
        for (var i = 0; i < 3; i++)
        {
            await SendAsync(gateway, 100);
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Token); // More than one comparison.
        }

        Assert.True(detector.IsEmpty);

        // It is counted for the report every few seconds.
        await Eventually.TrueAsync(() => gateway.Service<ReportComposer>().Compose().Evidence.Length == failing, "the evidence");
    }

    private static async Task<List<HttpStatusCode>> SendAsync(GatewayUnderTest gateway, int count)
    {
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < count; i++)
        {
            using var answer = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Token);
            statuses.Add(answer.StatusCode);
        }

        return statuses;
    }

    private async Task<GatewayUnderTest> StartAsync(string pool, Replicas replicas, string settings)
    {
        await _catalog.ApplyAsync(
            $"worker_pools: {{ {pool}: {{ image: x, port: 80, min_replicas: 3{(settings.Length > 0 ? ", " : "")}{settings} }} }}\ngateway: {{ slow_start: 0s }}", Token);
        foreach (var (i, replica) in replicas.All.Index())
        {
            await _catalog.RegisterAsync(pool, $"{pool}-{i}", replica.Port, Token);
        }

        var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token);
        await gateway.WaitForPoolAsync(pool, 3, Token);
        return gateway;
    }

    /// <summary>Some replicas, of which the first ones answer 500.</summary>
    private sealed class Replicas : IAsyncDisposable
    {
        private readonly List<Replica> _all = [];

        public IReadOnlyList<Replica> All => _all;

        public static async Task<Replicas> StartAsync(int count, int failing)
        {
            var replicas = new Replicas();
            for (var i = 0; i < count; i++)
            {
                var replica = await Replica.StartAsync($"r{i}", Token);
                if (i < failing)
                {
                    replica.Special = context =>
                    {
                        context.Response.StatusCode = 500;
                        return Task.CompletedTask;
                    };
                }

                replicas._all.Add(replica);
            }

            return replicas;
        }

        public void Heal() => _all.ForEach(replica => replica.Special = null);

        public async ValueTask DisposeAsync()
        {
            foreach (var replica in _all)
            {
                await replica.DisposeAsync();
            }
        }
    }
}
