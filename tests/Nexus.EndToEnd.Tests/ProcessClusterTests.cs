using System.Diagnostics;
using Nexus.Api.V1;

namespace Nexus.EndToEnd.Tests;

/// <summary>Replicas as plain processes, for machines without a container engine.</summary>
public sealed class ProcessClusterTests() : ClusterScenarios("process")
{
    internal override Task KillAsync(AllocationView allocation, WhoAmI who)
    {
        using var process = Process.GetProcessById(who.Pid);
        process.Kill();
        return Task.CompletedTask;
    }
}
