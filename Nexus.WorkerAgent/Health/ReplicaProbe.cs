using System.Net.Sockets;
using Nexus.Core.Convergence;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Runtime;
using Nexus.ServiceDefaults.Http;
using Nexus.ServiceDefaults.Sockets;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Runtimes;
using Nexus.WorkerAgent.Workloads;

namespace Nexus.WorkerAgent.Health;

/// <summary>What is wrong with a replica, as a probe found it.</summary>
/// <param name="Kind">In kind.</param>
/// <param name="Words">In words.</param>
internal sealed record ProbeAnswer(SickKind Kind, string Words);

/// <summary>
/// Asks one replica once, as its pool's health says; on a connection of its own, for a kept one would take the place of a
/// caller at a server that serves one at a time, and would not notice that it accepts no more.
/// </summary>
internal sealed class ReplicaProbe(RuntimeConnection runtime, IReplicaNetwork network, TimeProvider time)
{
    /// <summary>Null when all is well, else what is not. Takes the pool's timeout at most.</summary>
    public async Task<ProbeAnswer?> AskAsync(
        HealthSpec health, HealthCheckType check, ProbeTarget target, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(health.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return check switch
            {
                HealthCheckType.Http => await GetAsync(target, health.Path, both.Token),
                HealthCheckType.Tcp => await ConnectAsync(target, health.Timeout / 2, both.Token),
                HealthCheckType.Script => await ExecAsync(health, target.Workload!, cancellationToken),
                _ => null,
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return limit.IsCancellationRequested
                ? new(check == HealthCheckType.Tcp ? SickKind.Unreachable : SickKind.Silent, $"no answer within {health.Timeout.TotalSeconds} s")
                : new(SickKind.Unreachable, $"no connection within {ReplicaNetwork.ConnectLimit.TotalSeconds} s");
        }
        catch (HttpRequestException e)
        {
            return await ExplainAsync(e, target, both.Token);
        }
        catch (Exception e) when (e is SocketException or RuntimeUnavailableException)
        {
            return new(SickKind.Unreachable, e.Message);
        }
    }

    /// <summary>Connected and broken off is a server that lives and is not well, or an engine's port proxy in front of none.</summary>
    private async Task<ProbeAnswer> ExplainAsync(HttpRequestException e, ProbeTarget target, CancellationToken cancellationToken)
    {
        if (e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return new(SickKind.Unreachable, e.Message);
        }

        try
        {
            if (target.Forwarding is not null && await ConnectAsync(target, TcpProbe.Watch, cancellationToken) is { } unserved)
            {
                return unserved;
            }
        }
        catch (OperationCanceledException)
        {
            // No time is left to find out more.
        }

        return new(SickKind.Silent, RequestFailure.Describe(e));
    }

    private async Task<ProbeAnswer?> GetAsync(ProbeTarget target, string path, CancellationToken cancellationToken)
    {
        var status = await network.GetAsync(PoolServices.UrlOf(target.Address, target.Port!.Value, path), cancellationToken);
        return status is >= 200 and < 300 ? null : new(SickKind.WrongAnswer, $"GET {path} answers {status}");
    }

    /// <summary>
    /// A port that an engine forwards is asked at the workload's own address first, since the engine's port proxy accepts for a
    /// workload that does not listen; where that address cannot be reached, the connection has to stay open.
    /// </summary>
    private async Task<ProbeAnswer?> ConnectAsync(ProbeTarget target, TimeSpan mostWatch, CancellationToken cancellationToken)
    {
        var watch = target.Forwarding is null ? TimeSpan.Zero : mostWatch < TcpProbe.Watch ? mostWatch : TcpProbe.Watch;
        if (target.Forwarding?.Direct is { } direct)
        {
            try
            {
                await network.IsServedAsync(direct.Address, direct.Port, TimeSpan.Zero, cancellationToken);
                watch = TimeSpan.Zero;
            }
            catch (SocketException e) when (IsBarred(e))
            {
            }
            catch (SocketException e)
            {
                return new(SickKind.Unreachable, $"TCP connect to {direct}: {e.Message}");
            }
        }

        var published = new WorkloadEndpoint(target.Address, target.Port!.Value);
        try
        {
            return await network.IsServedAsync(published.Address, published.Port, watch, cancellationToken)
                ? null
                : new(SickKind.Unreachable, $"TCP connect to {published}: connection closed at once by the engine's port proxy; nothing listens on the container's port");
        }
        catch (SocketException e)
        {
            return new(SickKind.Unreachable, $"TCP connect to {published}: {e.Message}");
        }
    }

    // No way from here to the container's network, as a firewall or a policy of the machine may have it. Says nothing of the workload.
    private static bool IsBarred(SocketException exception) =>
        exception.SocketErrorCode is SocketError.NetworkUnreachable or SocketError.AccessDenied or SocketError.AddressFamilyNotSupported;

    private async Task<ProbeAnswer?> ExecAsync(HealthSpec health, string workload, CancellationToken cancellationToken)
    {
        var result = await runtime.Required.ExecAsync(new WorkloadId(workload), health.Command, health.Timeout, cancellationToken);
        return result.ExitCode switch
        {
            0 => null,
            null => new(SickKind.Silent, $"its script gave no answer within {health.Timeout.TotalSeconds} s"),
            var code => new(SickKind.WrongAnswer, $"its script ended with {code}: {result.Output}"),
        };
    }
}

/// <summary>Whom to ask.</summary>
/// <param name="Address">Where it is reached.</param>
/// <param name="Port">At which port; null for one that only a script can ask.</param>
/// <param name="Workload">What the runtime calls it; null for one of another node.</param>
/// <param name="Forwarding">How its engine forwards connections to the port; null where the workload listens there itself.</param>
internal sealed record ProbeTarget(string Address, int? Port, string? Workload, PortForwarding? Forwarding);
