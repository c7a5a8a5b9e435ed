using System.Globalization;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Runtime.Process;

namespace Nexus.Runtime.Tests.Contract;

/// <summary>A runtime for one test, workloads as shell scripts to run on it, and nothing left behind.</summary>
public abstract class RuntimeTest(IRuntimeKit kit) : IAsyncLifetime
{
    protected const string RunForEver = "exec sleep 1000";

    private readonly List<IContainerRuntime> _runtimes = [];

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Own to each test, so that tests may run beside each other.</summary>
    protected string Cluster { get; } = $"t{Guid.NewGuid():N}"[..10];

    protected NodeName Node => new($"n{Cluster}");

    protected IContainerRuntime Runtime { get; private set; } = null!;

    protected IRuntimeKit Kit => kit;

    public virtual async ValueTask InitializeAsync()
    {
        await kit.PrepareAsync();
        Runtime = Open(Cluster);
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var runtime in _runtimes)
        {
            foreach (var workload in await runtime.ListAsync(CancellationToken.None))
            {
                await runtime.RemoveAsync(workload.Id, CancellationToken.None);
            }

            await runtime.DisposeAsync();
        }

        kit.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A runtime for the contract's node; its workloads are removed when the test ends.</summary>
    protected IContainerRuntime Open(string cluster)
    {
        var runtime = kit.Create(cluster, Node);
        _runtimes.Add(runtime);
        return runtime;
    }

    /// <summary>As an agent that ends: its runtime is gone, its workloads stay.</summary>
    protected async Task CloseAsync(IContainerRuntime runtime)
    {
        _runtimes.Remove(runtime);
        await runtime.DisposeAsync();
    }

    protected WorkloadSpec Spec(string script, string allocation = "web-1-0", int? port = null) =>
        SpecOf(kit.Template(["/bin/busybox", "sh", "-c", script]) with { Port = port }, allocation);

    protected static WorkloadSpec SpecOf(PoolTemplate template, string allocation = "web-1-0") => new()
    {
        Allocation = new AllocationId(allocation),
        Pool = new PoolName("web"),
        Revision = PoolRevisions.Compute(template),
        Template = template,
        Attempt = 2,
    };

    protected async Task<Workload> FindAsync(AllocationId allocation, IContainerRuntime? runtime = null) =>
        Assert.Single(await (runtime ?? Runtime).ListAsync(Cancel), w => w.Allocation == allocation);

    protected Task SaysAsync(Workload workload, string line) => Eventually.HoldsAsync(
        async () => (await Runtime.TailLogsAsync(workload.Id, 100, Cancel)).Contains(line),
        $"{workload.Allocation} printed '{line}'");

    // By the mark in their environment, for they may have left their session.
    protected IReadOnlyList<int> LivingProcesses() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && ProcStat.Read(pid) is { IsEnded: false }
                && ProcessEnvironment.Read(pid).Contains($"NEXUS_NODE={Node}")),
    ];
}
