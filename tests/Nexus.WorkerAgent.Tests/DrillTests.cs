using System.Net;
using System.Net.Http.Json;
using Nexus.Api.V1;
using Nexus.Core.Spec;
using Nexus.Testing;

namespace Nexus.WorkerAgent.Tests;

/// <summary>Faults caused on purpose.</summary>
public sealed class DrillTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_drill_is_refused_unless_the_spec_allows_it()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("drill-1", Templates.Script("sleep 1000")));
        await agent.RunningAsync("drill-1");
        var pid = await agent.PidAsync("drill-1");

        using var answer = await DrillAsync(agent, "drill-1", DrillFault.Kill);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("drills: allowed", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.True(Signals.IsAlive(pid));
    }

    [Fact]
    public async Task A_drill_hangs_resumes_and_kills()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        var patient = Templates.Web() with { Health = new HealthSpec { Type = HealthCheckType.None } };
        await agent.AssignAsync(Templates.Assign(agent.Node, 1, 1, new Wanted("drill-1", patient)) with { DrillsAllowed = true });
        await agent.RunningAsync("drill-1");
        var pid = await agent.PidAsync("drill-1");

        using (var hang = await DrillAsync(agent, "drill-1", DrillFault.Hang))
        {
            Assert.Equal(HttpStatusCode.NoContent, hang.StatusCode);
            await Signals.IsStoppedAsync(pid, stopped: true, Token);
        }

        using (var resume = await DrillAsync(agent, "drill-1", DrillFault.Resume))
        {
            Assert.Equal(HttpStatusCode.NoContent, resume.StatusCode);
            await Signals.IsStoppedAsync(pid, stopped: false, Token);
        }

        using var kill = await DrillAsync(agent, "drill-1", DrillFault.Kill);
        Assert.Equal(HttpStatusCode.NoContent, kill.StatusCode);
        await agent.RunningAsync("drill-1", restarts: 1);
        await agent.EventAsync("DrillFaultCaused", "drill-1", "Kill");

        using var unknown = await DrillAsync(agent, "nobody-1", DrillFault.Kill);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        using var http = new HttpClient { BaseAddress = agent.Api };
        using var odd = await http.PostAsJsonAsync(new Uri(Routes.DrillOf("drill-1"), UriKind.Relative), new { fault = "Explode" }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, odd.StatusCode);
    }

    private static async Task<HttpResponseMessage> DrillAsync(TestAgent agent, string allocation, DrillFault fault)
    {
        using var http = new HttpClient { BaseAddress = agent.Api };
        return await http.PostAsJsonAsync(
            new Uri(Routes.DrillOf(allocation), UriKind.Relative), new DrillCommand(fault), ApiJson.Default.DrillCommand, Token);
    }
}
