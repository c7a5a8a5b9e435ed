using System.Collections.Immutable;
using Nexus.Api.V1;

namespace Nexus.Cli.Drills.Sight;

/// <summary>
/// The cluster's API through whichever manager answers: a drill kills and stops managers, so every call is made to the one that
/// answered last and then to the others, each with little patience.
/// </summary>
internal sealed class ClusterSight(NexusApiClient first, Func<ApiEndpoint, NexusApiClient> connect, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1500);
    private static readonly TimeSpan PatienceToApply = TimeSpan.FromSeconds(5);

    // There is nobody else to ask after the last: on a busy machine it may just be slow.
    private static readonly TimeSpan PatienceWithLast = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, NexusApiClient> _clients = new(StringComparer.Ordinal) { [""] = first };
    private string _preferred = "";

    public async Task<StatusView> StatusAsync(CancellationToken cancellationToken)
    {
        var status = await AnyAsync((client, token) => client.StatusAsync(token), Patience, cancellationToken);
        foreach (var manager in status.Managers)
        {
            if (Uri.TryCreate(manager.Address, UriKind.Absolute, out var address) && !_clients.ContainsKey(manager.Name))
            {
                _clients[manager.Name] = connect(new ApiEndpoint(address, $"manager {manager.Name}"));
            }
        }

        return status;
    }

    /// <summary>The status, or null while no manager answers.</summary>
    public async Task<StatusView?> TryStatusAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await StatusAsync(cancellationToken);
        }
        catch (NexusApiException away) when (away.IsTransient)
        {
            return null;
        }
    }

    public Task<SpecView?> SpecAsync(CancellationToken cancellationToken) =>
        AnyAsync((client, token) => client.GetSpecAsync(token), Patience, cancellationToken);

    /// <summary>The pool's rollout; null while nobody answers or nothing was rolled out.</summary>
    public async Task<RolloutView?> TryRolloutAsync(string pool, CancellationToken cancellationToken)
    {
        try
        {
            var all = await AnyAsync((client, token) => client.GetRolloutsAsync(token), Patience, cancellationToken);
            return all.FirstOrDefault(r => r.Pool == pool);
        }
        catch (NexusApiException)
        {
            return null;
        }
    }

    /// <summary>Applies a document; an invalid one ends the drill with its first problem.</summary>
    public async Task<SpecResult> ApplyAsync(string yaml, string why, CancellationToken cancellationToken)
    {
        var result = await AnyAsync(
            (client, token) => client.ApplySpecAsync(yaml, why, "nexus drill", expectedRevision: null, token), PatienceToApply, cancellationToken);
        return result.Valid
            ? result
            : throw new DrillFailedException($"the spec for '{why}' was refused: {result.Problems.FirstOrDefault()?.Message}");
    }

    public Task<NodeDrainView> SetEligibilityAsync(string node, bool draining, CancellationToken cancellationToken) => AnyAsync(
        (client, token) => client.SetEligibilityAsync(node, new NodeEligibilityCommand(draining, "nexus drill", "nexus drill"), token),
        PatienceToApply, cancellationToken);

    public Task<NodeDrainView> NodeDrainAsync(string node, CancellationToken cancellationToken) =>
        AnyAsync((client, token) => client.GetNodeDrainAsync(node, token), Patience, cancellationToken);

    public Task DrillAsync(Uri agent, string allocation, DrillFault fault, CancellationToken cancellationToken) =>
        first.DrillAsync(agent, allocation, new DrillCommand(fault), cancellationToken);

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    private async Task<T> AnyAsync<T>(
        Func<NexusApiClient, CancellationToken, Task<T>> ask, TimeSpan patience, CancellationToken cancellationToken)
    {
        NexusApiException? refusal = null;
        var order = Order();
        foreach (var name in order)
        {
            var limit = name == order[^1] ? PatienceWithLast : patience;
            using var impatient = new CancellationTokenSource(limit, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, impatient.Token);
            try
            {
                var answer = await ask(_clients[name], either.Token);
                _preferred = name;
                return answer;
            }
            catch (NexusApiException away) when (away.IsTransient)
            {
                refusal = away;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                refusal ??= new NexusApiException($"No manager answered within {limit.TotalSeconds} s.", null, null, null);
            }
        }

        throw refusal!;
    }

    private ImmutableArray<string> Order() => [_preferred, .. _clients.Keys.Where(k => k != _preferred)];
}
