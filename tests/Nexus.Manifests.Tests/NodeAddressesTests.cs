namespace Nexus.Manifests.Tests;

public sealed class NodeAddressesTests
{
    [Theory]
    [InlineData("manager-1=10.1.0.1,worker-1=10.1.0.2, worker-2 = 10.1.0.3", "10.1.0.1 10.1.0.2 10.1.0.3", "as an argument")]
    [InlineData("# the machines\nmanager-1=10.1.0.1 # in the cellar\n\nworker-2=10.1.0.3\nworker-1=100.64.0.2\n", "10.1.0.1 100.64.0.2 10.1.0.3", "as a file")]
    [InlineData("", "10.20.0.11 10.20.0.21 10.20.0.22", "nothing given")]
    [InlineData("manager-1=fd00::1,worker-1=fd00::2,worker-2=fd00::3", "fd00::1 fd00::2 fd00::3", "IPv6")]
    public void Read_puts_addresses_in_place(string text, string addresses, string because)
    {
        var result = NodeAddresses.Read(text, ClusterTopologies.Small);
        Assert.True(result.Problems.IsEmpty, because);
        Assert.Equal(addresses, string.Join(' ', result.Topology!.Machines.Select(m => m.Address)));
    }

    [Theory]
    [InlineData("manager-1", "nodes, line 1: found 'manager-1'; it must be NAME=ADDRESS, such as manager-1=10.0.0.5.")]
    [InlineData("manager-1=", "nodes, line 1: found 'manager-1='; it must be NAME=ADDRESS, such as manager-1=10.0.0.5.")]
    [InlineData("\nworker-3=10.0.0.1", "nodes, line 2: found the machine 'worker-3'; the topology small has manager-1, worker-1, worker-2.")]
    [InlineData("worker-1=worker.lan", "nodes, line 1: found 'worker.lan' for worker-1; it must be a private IP address")]
    [InlineData("worker-1=10.1", "nodes, line 1: found '10.1' for worker-1; it must be a private IP address")]
    [InlineData("worker-1=8.8.8.8", "nodes, line 1: found '8.8.8.8' for worker-1; it must be a private IP address")]
    [InlineData("worker-1=10.0.0.1", "nodes: found no address for manager-1, worker-2; every machine of the topology small needs one.")]
    [InlineData("worker-1=10.0.0.1,worker-1=10.0.0.2", "nodes, line 1: worker-1 is named twice (10.0.0.1 and 10.0.0.2).")]
    [InlineData("worker-1=10.0.0.1,worker-2=10.0.0.1,manager-1=10.0.0.2", "the address '10.0.0.1' is given to 2 machines; it must be unique.")]
    public void Read_says_what_is_wrong(string text, string problem)
    {
        var result = NodeAddresses.Read(text, ClusterTopologies.Small);
        Assert.Null(result.Topology);
        Assert.StartsWith(problem, Assert.Single(result.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_says_everything_that_is_wrong() =>
        Assert.Equal(3, NodeAddresses.Read("x=1\nworker-1=?\nnothing", ClusterTopologies.Small).Problems.Length);
}
