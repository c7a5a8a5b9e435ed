using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.State;
using Nexus.Orchestrator.State;
using Nexus.Simulation.Tests.Consul;
using Nexus.Simulation.Tests.Engine;
using Nexus.Simulation.Tests.Planted;
using Nexus.Simulation.Tests.Shapes;

namespace Nexus.Simulation.Tests.Cluster;

/// <summary>A whole cluster on simulated machines, and the hands that run and break it.</summary>
internal sealed class SimCluster
{
    private readonly Chance _chance;
    private readonly string _folder;
    private readonly PlantedBug _bug;
    private int _applied;
    private Task _applying = Task.CompletedTask;

    public SimCluster(World world, Chance chance, Shape shape, PlantedBug bug, string folder)
    {
        (World, _chance, Shape, _bug, _folder) = (world, chance, shape, bug, folder);
        Network = new SimNetwork(world, chance.Fork());
        Consul = new SimConsul(world, chance.Fork(), Network);
        Managers = [.. Enumerable.Range(1, shape.Managers).Select(i => new Seat("m" + i, new SimMachine("m" + i, "10.1.0." + i)))];
        Gateways = [.. Enumerable.Range(1, shape.Gateways).Select(i => new Seat("g" + i, new SimMachine("g" + i, "10.2.0." + i)))];
        Nodes = [.. Enumerable.Range(1, shape.Nodes).Select(i => new Seat("n" + i, new SimMachine("n" + i, "10.0.0." + i)))];
        Operator = new SimProcess(world, "operator", new SimMachine("op", "10.3.0.1"));
        OperatorConsul = SimHost.ClientOf(Operator, Consul, chance.Fork(), NoBug.Instance);
        foreach (var node in Nodes)
        {
            Network.Engines[node.Machine.Address] = new SimEngine(world, node.Machine, chance.Fork());
        }
    }

    public World World { get; }

    public Shape Shape { get; }

    public SimNetwork Network { get; }

    public SimConsul Consul { get; }

    public IReadOnlyList<Seat> Managers { get; }

    public IReadOnlyList<Seat> Nodes { get; }

    public IReadOnlyList<Seat> Gateways { get; }

    public SimProcess Operator { get; }

    public ConsulClient OperatorConsul { get; }

    public IEnumerable<SimGateway> LiveGateways => Gateways.Select(g => g.Gateway).OfType<SimGateway>().Where(g => g.Process.Runs);

    public SimEngine EngineOf(Seat node) => Network.Engines[node.Machine.Address];

    public void StartAll()
    {
        foreach (var seat in Managers.Concat(Nodes).Concat(Gateways))
        {
            World.After(_chance.Milliseconds(0, 500), () => Start(seat));
        }
    }

    /// <summary>Starts the process of a seat, whatever ran there before being dead.</summary>
    public void Start(Seat seat)
    {
        if (!seat.Machine.Up || seat.Process is { Dead: false })
        {
            return;
        }

        World.Log(seat.Name, "starts");
        var process = seat.Process = new SimProcess(World, seat.Name, seat.Machine);
        var chance = _chance.Fork();
        switch (seat.Name[0])
        {
            case 'm':
                SimHost.Manager(process, Consul, chance, _bug, new(StringComparer.Ordinal)
                {
                    ["Orchestrator:Name"] = seat.Name,
                    ["Orchestrator:ApiAddress"] = $"http://{seat.Machine.Address}:8420",
                    ["Orchestrator:NodeLostAfter"] = "00:00:05",
                    ["Orchestrator:ResyncInterval"] = _bug.ResyncInterval,
                }).Start();
                break;
            case 'n':
                SimHost.Agent(process, Consul, Network, p => _bug.Runtime(EngineOf(seat), p), chance, _bug, new(StringComparer.Ordinal)
                {
                    ["Worker:Name"] = seat.Name,
                    ["Worker:Address"] = seat.Machine.Address,
                    ["Worker:ApiAddress"] = $"http://{seat.Machine.Address}:7410",
                    ["Worker:Runtime"] = "Docker",
                    ["Worker:StateDirectory"] = Path.Combine(_folder, seat.Name),
                    ["Worker:ResyncInterval"] = _bug.ResyncInterval,
                }).Start();
                break;
            default:
                seat.Gateway = new SimGateway(
                    process, SimHost.ClientOf(process, Consul, chance, _bug), Network, chance, _bug.GatewayBelievesEmptyLists);
                seat.Gateway.Start();
                break;
        }
    }

    public void Kill(Seat seat)
    {
        if (seat.Process is { Dead: false })
        {
            World.Log(seat.Name, "is killed");
            seat.Process.Kill();
        }
    }

    /// <summary>Applies a spec as a person would: until it is in, and one after the other.</summary>
    public void Apply(SpecShape spec)
    {
        var yaml = spec.Yaml();
        var specs = new SpecStore(OperatorConsul, Operator.Clock);
        var number = ++_applied;
        _applying = AfterAsync(_applying);

        async Task AfterAsync(Task last)
        {
            await last;
            await UntilDoneAsync(TryAsync);
        }

        async Task TryAsync()
        {
            if (number < _applied)
            {
                // A newer one is on its way, or in already.
                return;
            }

            var (outcome, revision) = await specs.ApplyAsync(yaml, "operator", null, CancellationToken.None);
            World.Log("operator", $"applied spec {revision}: {outcome}: {spec}");
        }
    }

    public void SetDraining(Seat node, bool draining)
    {
        var name = new NodeName(node.Name);
        var wish = new NodeEligibility(name, draining, "by hand", "operator", World.UtcNow) { LeaveVolumes = draining };
        _ = UntilDoneAsync(async () =>
        {
            await OperatorConsul.Kv.PutAsync(
                StateKeys.EligibilityOf(name), StateJson.Write(wish, StateJson.Default.NodeEligibility), CancellationToken.None);
            World.Log("operator", $"{(draining ? "drains" : "uncordons")} {node.Name}");
        });
    }

    /// <summary>Has a rollout go on that waits for a person since its record was lost.</summary>
    public void ResumeHeld(string pool)
    {
        if (Consul.Keys.Find("nexus/rollouts/" + pool) is not { } entry
            || StateRecords.Read("nexus/rollouts/" + pool, entry.Value, StateJson.Default.RolloutRecord).Value is not { Phase: RolloutPhase.Paused, HeldFrom: not null })
        {
            return;
        }

        var name = new PoolName(pool);
        var wish = new RolloutRequest { Id = $"resume-{Consul.Keys.Index}", Pool = name, Verb = RolloutVerb.Resume, By = "operator", At = World.UtcNow };
        _ = UntilDoneAsync(async () =>
        {
            await OperatorConsul.Kv.PutAsync(StateKeys.RequestOf(name), StateJson.Write(wish, StateJson.Default.RolloutRequest), CancellationToken.None);
            World.Log("operator", $"resumes the rollout of {pool}");
        });
    }

    private async Task UntilDoneAsync(Func<Task> act)
    {
        while (true)
        {
            try
            {
                await act();
                return;
            }
            catch (ConsulException e)
            {
                World.Log("operator", "tries again: " + e.Message.Split('\n')[0]);
                await Task.Delay(TimeSpan.FromSeconds(1), Operator.Clock);
            }
            catch (Exception e)
            {
                World.Fail(e);
                return;
            }
        }
    }
}

/// <summary>A place for one process on one machine; the process there may change.</summary>
internal sealed class Seat(string name, SimMachine machine)
{
    public string Name => name;

    public SimMachine Machine => machine;

    public SimProcess? Process { get; set; }

    public SimGateway? Gateway { get; set; }

    public bool Runs => Process is { Runs: true } && machine.Up;
}
