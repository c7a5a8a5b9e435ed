using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Tests;

public sealed class WorkerOptionsTests
{
    [Fact]
    public void Validate_takes_the_defaults()
    {
        var result = new WorkerOptionsValidator().Validate(null, new WorkerOptions());

        Assert.True(result.Succeeded, result.FailureMessage);
    }

    [Fact]
    public void Validate_tells_everything_that_is_wrong()
    {
        var options = new WorkerOptions
        {
            Name = "Node_1",
            Cluster = "-",
            Address = "10.0.0.1:80",
            CpuMillicores = 0,
            ApiAddress = new Uri("ftp://n1"),
        };

        var failures = new WorkerOptionsValidator().Validate(null, options).Failures!.ToList();

        foreach (var part in (string[])["Worker:Name is 'Node_1'", "Worker:Cluster is '-'", "Worker:Address is '10.0.0.1:80'", "CpuMillicores", "ApiAddress is 'ftp://n1/'"])
        {
            Assert.Contains(failures, f => f.Contains(part, StringComparison.Ordinal));
        }
    }
}
