using System.Globalization;
using Microsoft.Extensions.Options;
using Nexus.Api.State;
using Nexus.Consul;

namespace Nexus.Orchestrator.Leadership;

/// <summary>
/// Keeps this manager in Consul's catalog with a TTL check, which is also what its leader session hangs on: a manager that
/// hangs or dies loses the lock within one TTL.
/// </summary>
internal sealed partial class ManagerRegistration(
    ConsulClient consul, ManagerIdentity identity, LeaderLease lease, IOptions<OrchestratorOptions> options,
    TimeProvider time, ILogger<ManagerRegistration> logger)
{
    private const string Note = "renewed by the manager";
    private bool _registered;
    private bool _hasRenewed;
    private bool _failing;

    /// <summary>Renews until cancelled, then takes the manager out of the catalog.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.Value.LeaseTtl / 3, time);
        do
        {
            await RenewOnceAsync(cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>Registers if need be and renews once; a failure is logged when it begins and when it ends.</summary>
    public async Task<bool> RenewOnceAsync(CancellationToken cancellationToken)
    {
        var timestamp = time.GetTimestamp();

        // A call that hangs must not use up the lease: the next renewal may find a way. Before the first there is nothing to use up, and
        // in a process that has just started everything takes long.
        using var limit = new CancellationTokenSource(_hasRenewed ? options.Value.LeaseTtl / 3 : Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (!_registered)
            {
                await RegisterAsync(either.Token);
                _registered = true;
            }

            await consul.Agent.UpdateTtlAsync(identity.CheckId, CheckStatus.Passing, Note, either.Token);
            lease.Renewed(timestamp);
            _hasRenewed = true;
            if (_failing)
            {
                _failing = false;
                LogRenewedAgain(identity.Name);
            }

            return true;
        }
        catch (Exception e) when (e is ConsulException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The agent may have lost its state: register anew next time.
            _registered = false;
            if (!_failing)
            {
                _failing = true;
                LogRenewalFailed(identity.Name, e.Message);
            }

            return false;
        }
    }

    /// <summary>Takes the manager out of the catalog.</summary>
    public Task DeregisterAsync(CancellationToken cancellationToken) =>
        consul.Agent.DeregisterServiceAsync(identity.ServiceId, cancellationToken);

    private Task RegisterAsync(CancellationToken cancellationToken)
    {
        var api = identity.ApiAddress;
        return consul.Agent.RegisterServiceAsync(
            new ServiceRegistration
            {
                Id = identity.ServiceId,
                Name = CatalogNames.Orchestrator,
                Address = api.Host,
                Port = api.Port,
                Meta = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["name"] = identity.Name,
                    ["api"] = api.ToString(),
                    [CatalogNames.MetaHost] = Environment.MachineName,
                    [CatalogNames.MetaPid] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
                },
                Checks =
                [
                    new TtlCheck
                    {
                        CheckId = identity.CheckId,
                        Name = "manager lease",
                        Ttl = options.Value.LeaseTtl,
                        InitialStatus = CheckStatus.Passing,
                    },
                ],
                ReplaceExistingChecks = true,
            },
            cancellationToken);
    }

    [LoggerMessage(4001, LogLevel.Warning, "Manager {Name} cannot renew its check in Consul; it does not act as leader meanwhile. {Error}")]
    private partial void LogRenewalFailed(string name, string error);

    [LoggerMessage(4002, LogLevel.Information, "Manager {Name} renews its check in Consul again.")]
    private partial void LogRenewedAgain(string name);
}
