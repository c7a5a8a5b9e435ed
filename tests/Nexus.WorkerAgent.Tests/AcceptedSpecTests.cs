using Nexus.Consul;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Testing;
using Nexus.Testing.Specs;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Tests;

/// <summary>What the reader of specs accepts, Consul registers.</summary>
public sealed class AcceptedSpecTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Consul_takes_every_registration()
    {
        var identity = new AgentIdentity(new WorkerOptions { Name = "n" + new string('n', 39), Address = "127.0.0.1" });
        foreach (var generated in GeneratedSpec.Many(40))
        {
            foreach (var pool in generated.Spec.Pools)
            {
                var registration = Describe(identity, pool);
                try
                {
                    await consul.Client.Agent.RegisterServiceAsync(registration, Token);
                    var checks = await consul.Client.Agent.ChecksAsync(Token);
                    Assert.All(registration.Checks, check => Assert.Contains(checks, known => known.CheckId == check.CheckId));
                    await consul.Client.Agent.DeregisterServiceAsync(registration.Id, Token);
                }
                catch (ConsulException refused)
                {
                    Assert.Fail($"seed {generated.Seed}, pool {pool.Name}: {refused.Message}");
                }
            }
        }
    }

    [Fact]
    public void A_check_is_named_by_the_beginning_of_its_command()
    {
        var identity = new AgentIdentity(new WorkerOptions { Name = "n1", Address = "127.0.0.1" });
        var health = new HealthSpec { Type = HealthCheckType.Script, Command = ["sh", "-c", new string('x', 8000)] };
        var pool = new PoolSpec { Name = new PoolName("web"), Template = new PoolTemplate { Health = health } };

        Assert.Equal($"sh -c {new string('x', 194)}…", Assert.Single(Describe(identity, pool).Checks).Name);
    }

    private static ServiceRegistration Describe(AgentIdentity identity, PoolSpec pool)
    {
        var id = AllocationId.For(pool.Name, ulong.MaxValue, int.MaxValue);
        var allocation = new AllocationAssignment(id, pool.Name, PoolRevisions.Compute(pool.Template), DesiredStatus.Run, "wanted");
        var workload = new SeenWorkload { Id = "1", Allocation = id, Port = pool.Template.Port is null ? null : 1, Running = true, Attempt = int.MaxValue };
        var isReported = pool.Template.Health.Type == HealthCheckType.Script;
        return PoolServices.Describe(identity, allocation, pool.Template, workload, isReported, CheckStatus.Critical);
    }
}
