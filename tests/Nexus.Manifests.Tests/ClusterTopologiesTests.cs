namespace Nexus.Manifests.Tests;

public sealed class ClusterTopologiesTests
{
    public static TheoryData<string, int, int, int, int, int> Sizes => new()
    {
        { "single", 1, 1, 1, 1, 1 },
        { "small", 3, 1, 1, 1, 2 },
        { "three", 3, 3, 3, 3, 3 },
        { "ha", 9, 3, 3, 2, 6 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void TryFind_gives_what_the_name_promises(string name, int machines, int consuls, int managers, int gateways, int workers)
    {
        Assert.True(ClusterTopologies.TryFind(name, out var topology));
        Assert.Equal(machines, topology.Machines.Length);
        Assert.Equal((consuls, managers, gateways, workers), (
            Count(topology, MachineRoles.ConsulServer), Count(topology, MachineRoles.Manager),
            Count(topology, MachineRoles.Gateway), Count(topology, MachineRoles.Worker)));
        Assert.Empty(TopologyRules.FindProblems(topology));
    }

    [Fact]
    public void Names_are_all_that_can_be_found() => Assert.All(ClusterTopologies.Names, name => Assert.True(ClusterTopologies.TryFind(name, out _)));

    [Fact]
    public void TryFind_refuses_an_unknown_name_and_names_the_known()
    {
        Assert.False(ClusterTopologies.TryFind("huge", out var topology));
        Assert.Null(topology);
        Assert.Equal("topology: found 'huge'; allowed are single, small, three, ha.", ClusterTopologies.Refusal("huge"));
    }

    [Theory]
    [InlineData(0, "no Consul server")]
    [InlineData(2, "2 Consul servers; allowed are 1, 3 and 5: 2 need 2 of them for a quorum, so they survive no more losses than 1")]
    [InlineData(4, "they survive no more losses than 3")]
    [InlineData(6, "each more makes every write slower")]
    public void FindProblems_refuses_a_number_of_Consul_servers_with_the_reason(int servers, string reason)
    {
        var machines = Enumerable.Range(1, 6).Select(n => new Machine(
            $"m-{n}", $"10.0.0.{n}",
            MachineRoles.Manager | MachineRoles.Gateway | MachineRoles.Worker | (n <= servers ? MachineRoles.ConsulServer : MachineRoles.None)));
        Assert.Contains(reason, Assert.Single(TopologyRules.FindProblems(new ClusterTopology("own", [.. machines]))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("m-1", "10.0.0.2", "the name 'm-1' is given to 2 machines")]
    [InlineData("m-2", "10.0.0.1", "the address '10.0.0.1'")]
    [InlineData("M_2", "10.0.0.2", "machine 'M_2': a name must be")]
    [InlineData("m-2", "worker.example", "found the address 'worker.example'")]
    [InlineData("m-2", "127.0.0.1", "not of the loopback")]
    [InlineData("m-2", "fd00::2", "IPv4 addresses and others IPv6")]
    public void FindProblems_names_the_machine_that_cannot_be(string name, string address, string problem)
    {
        var first = ClusterTopologies.SingleNode.Machines[0] with { Name = "m-1", Address = "10.0.0.1" };
        var topology = new ClusterTopology("own", [first, new Machine(name, address, MachineRoles.Worker)]);
        Assert.Contains(problem, Assert.Single(TopologyRules.FindProblems(topology)), StringComparison.Ordinal);
    }

    [Fact]
    public void FindProblems_wants_a_machine_for_every_role()
    {
        var problems = TopologyRules.FindProblems(new ClusterTopology("own", [new Machine("m-1", "10.0.0.1", MachineRoles.ConsulServer)]));
        Assert.Equal(3, problems.Length);
        Assert.Contains(problems, p => p.Contains("role Worker: nothing could run", StringComparison.Ordinal));
    }

    private static int Count(ClusterTopology topology, MachineRoles role) => topology.Machines.Count(m => m.Roles.HasFlag(role));
}
