using Nexus.Api.V1;

namespace Nexus.EndToEnd.Tests;

/// <summary>Replicas as containers.</summary>
public sealed class DockerClusterTests() : ClusterScenarios("docker")
{
    // The hostname of a container is the first twelve digits of its id.
    internal override async Task KillAsync(AllocationView allocation, WhoAmI who)
    {
        var killed = await CommandResult.RunAsync("docker", ["kill", who.Hostname], TestContext.Current.CancellationToken);
        Assert.True(killed.ExitCode == 0, killed.ToString());
    }
}
