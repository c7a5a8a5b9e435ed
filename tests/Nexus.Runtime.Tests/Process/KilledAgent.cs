using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using OsProcess = System.Diagnostics.Process;

namespace Nexus.Runtime.Tests.Process;

/// <summary>This program once more, as an agent that starts one workload and then does nothing until it is killed.</summary>
internal static class KilledAgent
{
    private const string Variable = "NEXUS_TEST_AGENT";

    /// <summary>Runs it until its workload runs, then kills it as a crash would.</summary>
    public static async Task<string> RunAndKillAsync(string directory, string cluster, NodeName node, CancellationToken cancellationToken)
    {
        using var agent = OsProcess.Start(new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            WorkingDirectory = directory,
            Environment = { [Variable] = $"{directory}|{cluster}|{node}" },
        })!;
        try
        {
            return await agent.StandardOutput.ReadLineAsync(cancellationToken) ?? "it said nothing";
        }
        finally
        {
            agent.Kill();
            await agent.WaitForExitAsync(CancellationToken.None);
        }
    }

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The generated entry point belongs to the test platform.")]
    [SuppressMessage("Usage", "VSTHRD002", Justification = "An initializer cannot await; this process runs nothing else.")]
    internal static void RunIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split('|') is [var directory, var cluster, var node])
        {
            RunAsync(directory, cluster, new NodeName(node)).GetAwaiter().GetResult();
        }
    }

    private static async Task RunAsync(string directory, string cluster, NodeName node)
    {
        await using var runtime = ProcessKit.Open(directory, cluster, node);
        var template = new PoolTemplate
        {
            Process = new ProcessSpec { Command = ["/bin/sh", "-c", "trap 'exit 6' TERM; echo ready; while :; do sleep 0.05; done"] },
        };
        var workload = await runtime.StartAsync(
            new WorkloadSpec
            {
                Allocation = new AllocationId("web-1-0"),
                Pool = new PoolName("web"),
                Revision = PoolRevisions.Compute(template),
                Template = template,
            },
            CancellationToken.None);
        await Console.Out.WriteLineAsync(workload.Id.Value);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
    }
}
