using System.Net.Sockets;
using Nexus.Simulation.Tests.Consul;
using Nexus.Simulation.Tests.Engine;
using Nexus.WorkerAgent.Workloads;

namespace Nexus.Simulation.Tests.Cluster;

/// <summary>The network between machines, as far as it leads to replicas.</summary>
internal sealed class SimNetwork(World world, Chance chance) : IReplicaWorld
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    /// <summary>All engines, by the address of their machine.</summary>
    public SortedDictionary<string, SimEngine> Engines { get; } = new(StringComparer.Ordinal);

    public ProbeAnswer Ask(SimMachine from, string? http, string? tcp)
    {
        var at = http is null ? new Uri("tcp://" + tcp) : new Uri(http);
        if (http is null && FindDirect(at) is { } own)
        {
            return from != own.Machine || !own.Running ? ProbeAnswer.Silent : own.Ready ? ProbeAnswer.Good : ProbeAnswer.Refused;
        }

        if (!Engines.TryGetValue(at.Host, out var engine) || !from.Reaches(engine.Machine))
        {
            return ProbeAnswer.Silent;
        }

        return Find(engine, at.Port) switch
        {
            null => ProbeAnswer.Refused,
            { Ready: false } => http is null ? ProbeAnswer.ClosedAtOnce : ProbeAnswer.Refused,
            { Paused: true } or { Hangs: true } => http is null ? ProbeAnswer.Good : ProbeAnswer.Silent,
            { FailsItsCheck: true } => ProbeAnswer.Bad,
            _ => ProbeAnswer.Good,
        };
    }

    /// <summary>Sends a request; the exchange hears how it ended unless it ended before.</summary>
    public void Send(SimMachine from, string host, int port, TimeSpan takes, SimExchange exchange)
    {
        if (!Engines.TryGetValue(host, out var engine) || !from.Reaches(engine.Machine))
        {
            world.After(ConnectTimeout, () => exchange.End(ExchangeEnd.NotConnected, null));
            return;
        }

        world.After(chance.Milliseconds(1, 2), () =>
        {
            var workload = Find(engine, port);
            if (workload is null)
            {
                exchange.End(ExchangeEnd.NotConnected, null);
                return;
            }

            if (!workload.Ready)
            {
                exchange.End(ExchangeEnd.Broken, null);
                return;
            }

            workload.Inside.Add(exchange);
            world.After(takes, () => Finish(from, workload, exchange));
        });
    }

    private void Finish(SimMachine from, SimWorkload workload, SimExchange exchange)
    {
        if (exchange.Over || !workload.Running || !workload.Inside.Contains(exchange))
        {
            return;
        }

        if (!workload.Answers || !from.Reaches(workload.Machine))
        {
            // It may come to itself, or the network may: the answer waits that long.
            world.After(TimeSpan.FromMilliseconds(200), () => Finish(from, workload, exchange));
            return;
        }

        workload.Inside.Remove(exchange);
        exchange.End(ExchangeEnd.Answered, workload);
    }

    // A program that has not come up yet listens nowhere, but its engine's port proxy does, and closes what it accepted.
    private static SimWorkload? Find(SimEngine engine, int port) =>
        engine.Workloads.FirstOrDefault(w => w.Port == port && w.Running);

    // A container's own address; the simulation calls it by its id.
    private SimWorkload? FindDirect(Uri at) =>
        Engines.Values.SelectMany(e => e.Workloads).FirstOrDefault(w => w.Id == at.Host);
}

/// <summary>An agent's own probes.</summary>
internal sealed class SimReplicaNetwork(SimNetwork network, SimProcess process) : IReplicaNetwork
{
    public async Task<int> GetAsync(Uri url, CancellationToken cancellationToken) =>
        await AskAsync(url.ToString(), null, cancellationToken) switch
        {
            ProbeAnswer.Good => 200,
            ProbeAnswer.Bad => 500,
            _ => throw new HttpRequestException("connection refused"),
        };

    public async Task<bool> IsServedAsync(string host, int port, TimeSpan watch, CancellationToken cancellationToken)
    {
        switch (await AskAsync(null, $"{host}:{port}", cancellationToken))
        {
            case ProbeAnswer.Refused:
                throw new SocketException((int)SocketError.ConnectionRefused);
            case ProbeAnswer.ClosedAtOnce when watch > TimeSpan.Zero:
                return false;
            default:
                await Task.Delay(watch, process.Clock, cancellationToken);
                return true;
        }
    }

    private async Task<ProbeAnswer> AskAsync(string? http, string? tcp, CancellationToken cancellationToken)
    {
        var answer = await process.CallAsync(TimeSpan.FromMilliseconds(1), () => network.Ask(process.Machine, http, tcp), cancellationToken);
        if (answer == ProbeAnswer.Silent)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, process.Clock, cancellationToken);
        }

        return answer;
    }
}
