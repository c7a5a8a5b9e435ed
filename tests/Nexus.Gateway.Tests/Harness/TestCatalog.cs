using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Routing;

namespace Nexus.Gateway.Tests.Harness;

/// <summary>Writes into Consul what managers and worker agents would.</summary>
internal sealed class TestCatalog(ConsulClient consul)
{
    private static long _revision;

    public ConsulClient Consul => consul;

    public async Task<long> ApplyAsync(string yaml, CancellationToken cancellationToken)
    {
        var revision = Interlocked.Increment(ref _revision);
        var document = new SpecDocument(revision, yaml, DateTimeOffset.UnixEpoch, "test");
        await consul.Kv.PutAsync(
            StateKeys.SpecRevision(revision), StateJson.Write(document, StateJson.Default.SpecDocument), cancellationToken);
        await consul.Kv.PutAsync(
            StateKeys.SpecCurrent, StateJson.Write(new SpecPointer(revision), StateJson.Default.SpecPointer), cancellationToken);
        return revision;
    }

    /// <summary>Writes what the leader decided of routes.</summary>
    public Task SetRoutesAsync(RoutesRecord routes, CancellationToken cancellationToken) =>
        consul.Kv.PutAsync(StateKeys.Routes, StateJson.Write(routes, StateJson.Default.RoutesRecord), cancellationToken);

    public Task RegisterAsync(
        string pool, string allocation, int port, CancellationToken cancellationToken, int attempt = 0, string revision = "", string node = "",
        string protocol = "") =>
        consul.Agent.RegisterServiceAsync(
            new ServiceRegistration
            {
                Id = CatalogNames.ServiceId(new AllocationId(allocation)),
                Name = pool,
                Address = "127.0.0.1",
                Port = port,
                Tags = [CatalogNames.PoolTag],
                Meta = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    [CatalogNames.MetaAllocation] = allocation,
                    [CatalogNames.MetaAttempt] = attempt.ToString(),
                    [CatalogNames.MetaRevision] = revision,
                    [CatalogNames.MetaNode] = node,
                    [CatalogNames.MetaProtocol] = protocol,
                },
                ReplaceExistingChecks = true,
                Checks =
                [
                    new TtlCheck
                    {
                        CheckId = CatalogNames.CheckId(new AllocationId(allocation)),
                        Ttl = TimeSpan.FromHours(1),
                        InitialStatus = CheckStatus.Passing,
                    },
                ],
            },
            cancellationToken);

    public Task SetStatusAsync(string allocation, CheckStatus status, CancellationToken cancellationToken) =>
        consul.Agent.UpdateTtlAsync(CatalogNames.CheckId(new AllocationId(allocation)), status, "test", cancellationToken);

    public Task SetMaintenanceAsync(string allocation, bool enable, CancellationToken cancellationToken) =>
        consul.Agent.SetServiceMaintenanceAsync(
            CatalogNames.ServiceId(new AllocationId(allocation)), enable, "test", cancellationToken);

    public Task DeregisterAsync(string allocation, CancellationToken cancellationToken) =>
        consul.Agent.DeregisterServiceAsync(CatalogNames.ServiceId(new AllocationId(allocation)), cancellationToken);
}
