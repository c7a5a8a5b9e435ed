using System.Net.Sockets;
using Nexus.Core.Spec;
using Nexus.Runtime;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Workloads;

/// <summary>How a startup probe ended.</summary>
internal enum ProbeOutcome
{
    /// <summary>The replica serves.</summary>
    Serving,

    /// <summary>It did not within its time.</summary>
    TimedOut,

    /// <summary>It ended first.</summary>
    Exited,
}

/// <summary>A probe's outcome with the last thing it saw.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="LastProblem">Why the last try failed.</param>
internal readonly record struct ProbeResult(ProbeOutcome Outcome, string LastProblem);

/// <summary>
/// Asks a fresh replica, quickly at first, until it serves. Consul's own check would come an interval later; this is what
/// makes a restart fast.
/// </summary>
internal sealed class StartupProbe(RuntimeConnection runtime, AgentIdentity identity, IReplicaNetwork network, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Asks until it serves, its time is up, or <paramref name="exited"/> says that it ended.</summary>
    public async Task<ProbeResult> RunAsync(
        HealthSpec health, HealthCheckType check, string workload, int? port, CancellationToken exited, CancellationToken cancellationToken)
    {
        if (check == HealthCheckType.None)
        {
            return new(exited.IsCancellationRequested ? ProbeOutcome.Exited : ProbeOutcome.Serving, "");
        }

        using var limit = new CancellationTokenSource(health.StartupTimeout, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, exited, cancellationToken);
        var problem = "it was not asked yet";
        try
        {
            for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            {
                any.Token.ThrowIfCancellationRequested();
                if (await AskAsync(health, check, workload, port, any.Token) is not { } answer)
                {
                    return new(exited.IsCancellationRequested ? ProbeOutcome.Exited : ProbeOutcome.Serving, "");
                }

                problem = answer;
                await Task.Delay(pause, time, any.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(exited.IsCancellationRequested ? ProbeOutcome.Exited : ProbeOutcome.TimedOut, problem);
        }
    }

    // Null when all is well, else what is not.
    private async Task<string?> AskAsync(
        HealthSpec health, HealthCheckType check, string workload, int? port, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(health.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return check switch
            {
                HealthCheckType.Http => await GetAsync(port!.Value, health.Path, both.Token),
                HealthCheckType.Tcp => await ConnectAsync(port!.Value, both.Token),
                _ => await ExecAsync(health, workload, cancellationToken),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {health.Timeout.TotalSeconds} s";
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or RuntimeUnavailableException)
        {
            return e.Message;
        }
    }

    private async Task<string?> GetAsync(int port, string path, CancellationToken cancellationToken)
    {
        var status = await network.GetAsync(PoolServices.UrlOf(identity.Address, port, path), cancellationToken);
        return status is >= 200 and < 300 ? null : $"GET {path} answers {status}";
    }

    private async Task<string?> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        await network.ConnectAsync(identity.Address, port, cancellationToken);
        return null;
    }

    private async Task<string?> ExecAsync(HealthSpec health, string workload, CancellationToken cancellationToken)
    {
        var result = await runtime.Required.ExecAsync(new WorkloadId(workload), health.Command, health.Timeout, cancellationToken);
        return result.ExitCode switch
        {
            0 => null,
            null => $"its script gave no answer within {health.Timeout.TotalSeconds} s",
            var code => $"its script ended with {code}: {result.Output}",
        };
    }
}
