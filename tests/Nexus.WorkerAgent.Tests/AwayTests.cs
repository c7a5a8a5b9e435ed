using System.Net.Http.Json;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Consul;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Testing;

namespace Nexus.WorkerAgent.Tests;

/// <summary>What goes on while something else is away.</summary>
public sealed class AwayTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_Consul_crashes_are_restarted_logs_are_read_and_all_is_told_later()
    {
        await using var own = await ConsulServer.StartAsync(Token);
        await using var agent = await TestAgent.StartAsync(own.Address);
        await agent.AssignAsync(1, 1, new Wanted("web-1", Templates.Web()));
        await agent.RunningAsync("web-1");
        var pid = await agent.PidAsync("web-1");

        await own.KillAsync();
        Signals.Kill(pid);
        using var http = new HttpClient { BaseAddress = agent.Api };
        var view = await EventuallyAsync(http, a => a is { Phase: AllocationPhase.Running, Restarts: 1 });
        Assert.StartsWith("hello from", await http.GetStringAsync(new Uri(Routes.LogsOf("web-1"), UriKind.Relative), Token), StringComparison.Ordinal);

        await own.RestartAsync(Token);
        var after = await agent.RunningAsync("web-1", restarts: 1);
        await agent.ServiceAsync("web", "registered at the new port", e => e.Service.Port == after.Port && e.Service.Meta[CatalogNames.MetaAttempt] == "1");
        Assert.Equal(view.Endpoint, $"127.0.0.1:{after.Port}");
        await agent.EventAsync("AllocationExited", "web-1");
    }

    [Fact]
    public async Task Without_Consul_an_agent_starts_from_its_file()
    {
        await using var own = await ConsulServer.StartAsync(Token);
        await using var agent = await TestAgent.StartAsync(own.Address);
        await agent.AssignAsync(1, 1, new Wanted("web-1", Templates.Web()));
        await agent.RunningAsync("web-1");
        var pid = await agent.PidAsync("web-1");

        await agent.LeaveAsync();
        await own.KillAsync();
        Signals.Kill(pid);
        await agent.RunAsync();
        using var http = new HttpClient { BaseAddress = agent.Api };

        await EventuallyAsync(http, a => a is { Phase: AllocationPhase.Running, Restarts: 1 });
    }

    [Fact]
    public async Task When_Consul_returns_nothing_that_runs_is_touched()
    {
        await using var own = await ConsulServer.StartAsync(Token);
        await using var agent = await TestAgent.StartAsync(own.Address);
        var web = Templates.Web() with { Health = new HealthSpec { Type = HealthCheckType.Tcp, Interval = TimeSpan.FromSeconds(1) } };
        await agent.AssignAsync(1, 1, new Wanted("calm-1", web), new Wanted("calm-2", web));
        await agent.RunningAsync("calm-1");
        await agent.RunningAsync("calm-2");
        var pids = (await agent.PidAsync("calm-1"), await agent.PidAsync("calm-2"));
        await using var stream = await ChangeStream.OpenAsync(agent);
        Assert.Equal(AllocationChangeKind.Serving, (await stream.NextAsync()).Kind);
        Assert.Equal(AllocationChangeKind.Serving, (await stream.NextAsync()).Kind);

        await own.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Token);
        await own.RestartAsync(Token);
        await agent.ServiceAsync(CatalogNames.Worker, "alive again", e => e.AggregatedStatus == CheckStatus.Passing);
        await agent.ServiceAsync("calm", "passing", e => e.AggregatedStatus == CheckStatus.Passing);
        await agent.AssignAsync(1, 2, new Wanted("calm-1", web, DesiredStatus.Stop), new Wanted("calm-2", web));

        // A restarted Consul calls all checks critical at first: none of that is news.
        Assert.Equal(AllocationChangeKind.Draining, (await stream.NextAsync()).Kind);
        await agent.ReportedAsync("calm-1", "stopped", a => a.Phase == AllocationPhase.Stopped);
        Assert.Equal((false, true), (Signals.IsAlive(pids.Item1), Signals.IsAlive(pids.Item2)));
    }

    [Fact]
    public async Task What_Consul_lost_is_registered_again()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("again-1", Templates.Web()));
        await agent.RunningAsync("again-1");
        var first = await agent.ServiceAsync("again", "registered", _ => true);

        await agent.Consul.Agent.DeregisterServiceAsync(CatalogNames.ServiceId(new("again-1")), Token);
        await agent.Consul.Agent.DeregisterServiceAsync($"{CatalogNames.Worker}-{agent.Node}", Token);
        await agent.Consul.Kv.DeleteAsync(StateKeys.Node(agent.Node), Token);

        await agent.ServiceAsync(CatalogNames.Worker, "registered again", e => e.AggregatedStatus == CheckStatus.Passing);
        var second = await agent.ServiceAsync("again", "registered again", _ => true);
        Assert.Equal(first.Service.Port, second.Service.Port);
        await foreach (var seen in agent.Consul.Kv.WatchAsync(StateKeys.Node(agent.Node), null, Token))
        {
            if (seen.Value is not null)
            {
                break;
            }
        }
    }

    [Fact]
    public async Task What_an_agent_that_died_left_in_the_catalog_is_replaced()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.LeaveAsync();
        await agent.Consul.Agent.RegisterServiceAsync(
            new ServiceRegistration
            {
                Id = $"{CatalogNames.Worker}-{agent.Node}",
                Name = CatalogNames.Worker,
                Address = "127.0.0.1",
                Port = 9,
                Meta = new Dictionary<string, string>(StringComparer.Ordinal) { [CatalogNames.MetaNode] = agent.Node.Value },
                Checks =
                [
                    new TtlCheck
                    {
                        CheckId = $"{CatalogNames.Worker}-{agent.Node}:alive",
                        Name = "old",
                        Ttl = TimeSpan.FromMinutes(1),
                        InitialStatus = CheckStatus.Passing,
                    },
                ],
            },
            Token);

        await agent.RunAsync();

        await agent.ServiceAsync(CatalogNames.Worker, "at its new port", e => e.Service.Port == agent.Api.Port && e.AggregatedStatus == CheckStatus.Passing);
    }

    [Fact]
    public async Task An_engine_that_does_not_answer_is_told_once_and_the_rest_goes_on()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address, new()
        {
            ["Worker:Runtime"] = "docker",
            ["Worker:DockerEndpoint"] = "unix:///nonexistent/docker.sock",
        });

        var told = await agent.EventAsync("RuntimeUnavailable");
        await agent.ServiceAsync(CatalogNames.Worker, "registered with the problem", e => e.AggregatedStatus == CheckStatus.Warning);

        Assert.Contains("/nonexistent/docker.sock", told.Message, StringComparison.Ordinal);
        Assert.Contains("systemctl start docker", told.Message, StringComparison.Ordinal);

        // The service comes first, what its check has to say a moment later.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (!(await agent.Consul.Agent.ChecksAsync(patience.Token)).Any(c => c.Output.Contains("/nonexistent/docker.sock", StringComparison.Ordinal)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }

        Assert.Equal(1, agent.Logs.Count(" 5042 "));
        using var http = new HttpClient { BaseAddress = agent.Api };
        Assert.Equal("[]", await http.GetStringAsync(new Uri(Routes.Allocations, UriKind.Relative), Token));
    }

    [Fact]
    public async Task Output_is_followed_line_by_line()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("talk-1", Templates.Script("i=0; while true; do echo line $i; i=$((i+1)); sleep 0.05; done")));
        await agent.RunningAsync("talk-1");

        using var http = new HttpClient { BaseAddress = agent.Api };
        await using var stream = await http.GetStreamAsync(new Uri(Routes.LogsOf("talk-1") + "?tail=1&follow=true", UriKind.Relative), Token);
        using var reader = new StreamReader(stream);
        var first = await reader.ReadLineAsync(Token);
        var second = await reader.ReadLineAsync(Token);

        Assert.Equal(Number(first) + 1, Number(second));
        using var unknown = await http.GetAsync(new Uri(Routes.LogsOf("nobody"), UriKind.Relative), Token);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, unknown.StatusCode);
    }

    private static int Number(string? line) => int.Parse(line!["line ".Length..]);

    private static async Task<AllocationView> EventuallyAsync(HttpClient http, Func<AllocationView, bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        var last = "nothing";
        try
        {
            while (true)
            {
                var views = await http.GetFromJsonAsync(
                    new Uri(Routes.Allocations, UriKind.Relative), ApiJson.Default.ImmutableArrayAllocationView, patience.Token);
                if (views.FirstOrDefault(condition) is { } found)
                {
                    return found;
                }

                last = string.Join(", ", views);
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
            }
        }
        catch (OperationCanceledException e) when (!Token.IsCancellationRequested)
        {
            throw new TimeoutException($"The agent's own list did not come to show what was waited for; last: {last}", e);
        }
    }
}
