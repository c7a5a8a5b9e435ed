using System.Net.Sockets;

namespace Nexus.Gateway.Ejecting;

/// <summary>
/// Connects to replicas that failed a connection for the first time. Who accepts goes on serving at once: it was one request
/// that broke, or this machine that was too busy to connect in time, and neither must empty a pool. Who refuses stays out.
/// </summary>
internal sealed class ReconnectProber(Ejector ejector, TimeProvider time) : BackgroundService
{
    private const int AtOnce = 16;

    // More patient than a request, which has another replica to go to.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var several = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken };
        await Parallel.ForEachAsync(ejector.Suspects.ReadAllAsync(stoppingToken), several, async (suspect, token) =>
        {
            if (Uri.TryCreate(suspect.Life[(suspect.Life.IndexOf('@', StringComparison.Ordinal) + 1)..], UriKind.Absolute, out var address)
                && await AcceptsAsync(address, Patience, time, token))
            {
                ejector.GiveAnotherChance(suspect);
            }
            else
            {
                ejector.BreakOff(suspect);
            }
        });
    }

    /// <summary>Whether a TCP connection is accepted in time.</summary>
    public static async Task<bool> AcceptsAsync(
        Uri address, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(address.IdnHost, address.Port, either.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
