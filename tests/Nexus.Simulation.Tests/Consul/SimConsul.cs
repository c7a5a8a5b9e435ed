using System.Net;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Consul;

/// <summary>Consul as its clients see it: servers with one truth, an agent on every machine, and all that can come between.</summary>
internal sealed partial class SimConsul
{
    private readonly World _world;
    private readonly Chance _chance;
    private readonly IReplicaWorld _replicas;
    private readonly Dictionary<SimMachine, LocalAgent> _agents = [];
    private readonly HashSet<LocalAgent> _unsynced = [];
    private readonly List<Waiting> _waiting = [];
    private bool _hasLeader = true;

    public SimConsul(World world, Chance chance, IReplicaWorld replicas)
    {
        (_world, _chance, _replicas) = (world, chance, replicas);
        Catalog = new Catalog(() => ++Keys.Index);
        Sessions = new Sessions(world, Keys);
    }

    public KeyValues Keys { get; } = new();

    public Catalog Catalog { get; }

    public Sessions Sessions { get; }

    /// <summary>Who makes the change that <see cref="KeyValues.Changed"/> tells of; null for Consul itself.</summary>
    public SimProcess? Writer { get; private set; }

    /// <summary>Of a hundred lists of a service, how many come back empty (a token that may not read, a catalog that begins anew).</summary>
    public int EmptyLists { get; set; }

    public bool HasLeader => _hasLeader;

    public LocalAgent AgentOf(SimMachine machine)
    {
        if (!_agents.TryGetValue(machine, out var agent))
        {
            _agents[machine] = agent = new LocalAgent(_world, machine, _replicas, Sync, _chance.Fork());
            Catalog.NodeOf(machine);
        }

        return agent;
    }

    /// <summary>Takes the leader of the servers away: nothing can be read or written until there is another.</summary>
    public void LoseLeader(TimeSpan until)
    {
        _hasLeader = false;
        _world.Log("consul", $"has no leader for {until.TotalSeconds:0.0} s");
        foreach (var waiting in _waiting.ToList())
        {
            waiting.Call.Answer(SimAnswer.NoLeader);
        }

        _waiting.Clear();
        _world.After(until, () =>
        {
            _hasLeader = true;
            _world.Log("consul", "has a leader");
            foreach (var agent in _unsynced.ToList())
            {
                Sync(agent);
            }

            foreach (var machine in _agents.Keys)
            {
                Judge(machine);
            }
        });
    }

    /// <summary>
    /// Loses the keys (a person deleted them), or all there is: keys, sessions, catalog and what the agents hold, and its indexes count
    /// from low again.
    /// </summary>
    public void Empty(bool everything)
    {
        _world.Log("consul", everything ? "loses all of its data" : "loses its keys");
        Keys.Empty(everything);
        if (everything)
        {
            Sessions.Empty();
            Catalog.Empty();
            foreach (var agent in _agents.Values)
            {
                agent.Empty();
            }

            foreach (var waiting in _waiting.ToList())
            {
                waiting.Call.Answer(SimAnswer.Broken);
            }

            _waiting.Clear();
        }

        Wake();
    }

    /// <summary>A machine, its network or its Consul agent changed; the others notice after a while.</summary>
    public void Notice(SimMachine machine)
    {
        AgentOf(machine);
        var delay = machine is { Up: true, Isolated: false, ConsulUp: true } ? _chance.Milliseconds(300, 1200) : _chance.Milliseconds(1000, 6000);
        _world.After(delay, () => Judge(machine));
    }

    public void Handle(SimCall call)
    {
        var machine = call.Caller.Machine;
        if (machine.TransactionsLate is { Ticks: > 0 } late && !call.IsLate && call.IsTransaction)
        {
            call.IsLate = true;
            _world.Log("consul", $"gets a transaction of {call.Caller.Name} {late.TotalSeconds:0.0} s late");
            _world.After(late, () => Handle(call));
            machine.HeldTransaction?.Invoke();
            return;
        }

        if ((call.Abandoned && !call.IsLate) || !machine.Up)
        {
            return;
        }

        if (!machine.ConsulUp)
        {
            call.Answer(SimAnswer.Broken);
            return;
        }

        if (call.IsWrite && machine.LostAnswers > 0 && _chance.In(machine.LostAnswers))
        {
            _world.Log("consul", $"will not answer {call.Method} {call.Path} of {call.Caller.Name}");
            call = new SimCall(call.Caller, call.Method, call.Path, call.Query, call.Body) { Answer = Swallow(call) };
        }

        Writer = call.Caller;
        try
        {
            if (call.Path.StartsWith("/v1/agent/", StringComparison.Ordinal))
            {
                Agent(call, AgentOf(machine));
            }
            else if (machine.Isolated || !_hasLeader)
            {
                Refuse(call);
            }
            else
            {
                Serve(call);
            }
        }
        finally
        {
            Writer = null;
        }

        Wake();
    }

    private static Action<SimAnswer> Swallow(SimCall call) => _ => call.Answer(SimAnswer.Broken);

    private void Refuse(SimCall call)
    {
        var wait = call.Query.ContainsKey("index") ? _chance.Milliseconds(5, 50) : _chance.Milliseconds(200, 7000);
        _world.After(wait, () => call.Answer(SimAnswer.NoLeader));
    }

    private void Sync(LocalAgent agent)
    {
        var machine = agent.Machine;
        if (!_hasLeader || machine is not { Up: true, ConsulUp: true, Isolated: false })
        {
            _unsynced.Add(agent);
            return;
        }

        _unsynced.Remove(agent);
        foreach (var check in Catalog.Sync(agent))
        {
            Sessions.EndAll(machine.Name, check);
        }

        Wake();
    }

    private void Judge(SimMachine machine)
    {
        if (!_hasLeader)
        {
            return;
        }

        var answers = machine is { Up: true, Isolated: false, ConsulUp: true };
        var node = Catalog.NodeOf(machine);
        if (node.Answers != answers)
        {
            _world.Log("consul", $"{machine.Name} {(answers ? "answers" : "does not answer")} its peers");
            Catalog.SetAnswers(machine.Name, answers);
            if (!answers)
            {
                Sessions.EndAll(machine.Name, "serfHealth");
            }
        }

        if (answers && _unsynced.Contains(AgentOf(machine)))
        {
            Sync(AgentOf(machine));
        }

        Wake();
    }

    private void Serve(SimCall call)
    {
        var path = call.Path;
        if (path.StartsWith("/v1/kv/", StringComparison.Ordinal))
        {
            Kv(call, path["/v1/kv/".Length..]);
        }
        else if (path == "/v1/txn")
        {
            var (committed, body) = Transactions.Execute(Keys, Sessions, call.Body);
            call.Answer(new SimAnswer(committed ? HttpStatusCode.OK : HttpStatusCode.Conflict, body));
        }
        else if (path.StartsWith("/v1/session/", StringComparison.Ordinal))
        {
            Session(call, path["/v1/session/".Length..]);
        }
        else if (path.StartsWith("/v1/health/service/", StringComparison.Ordinal))
        {
            HealthOfService(call, path["/v1/health/service/".Length..]);
        }
        else if (path.StartsWith("/v1/health/node/", StringComparison.Ordinal))
        {
            var name = path["/v1/health/node/".Length..];
            Read(call, () => Catalog.IndexOfNode(name), () => ChecksOfNode(name));
        }
        else if (path == "/v1/catalog/services")
        {
            Read(call, () => Catalog.ServicesIndex, ServiceNames);
        }
        else if (path == "/v1/status/leader")
        {
            call.Answer(SimAnswer.Ok("\"10.9.0.1:8300\""));
        }
        else
        {
            throw new NotSupportedException($"The simulated Consul does not know {call.Method} {path}.");
        }
    }
}
