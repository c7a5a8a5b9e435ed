using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Consul;

/// <summary>A service as its agent holds it.</summary>
internal sealed record SimService(
    string Id, string Name, string Address, int Port, string[] Tags, SortedDictionary<string, string> Meta);

/// <summary>A check as its agent holds it; the agent's own copy is the truth, the catalog follows.</summary>
internal sealed class SimCheck
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string ServiceId { get; init; }

    public required string ServiceName { get; init; }

    public string Status { get; set; } = "critical";

    public string Output { get; set; } = "";

    public string? Http { get; init; }

    public string? Tcp { get; init; }

    public TimeSpan? Ttl { get; init; }

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    public int NeedsGood { get; init; } = 1;

    public int NeedsBad { get; init; } = 1;

    public int Good { get; set; }

    public int Bad { get; set; }

    public long Generation { get; set; }
}

/// <summary>Consul's agent on one machine: it keeps its services and makes their checks, whatever the servers do.</summary>
internal sealed class LocalAgent(World world, SimMachine machine, IReplicaWorld replicas, Action<LocalAgent> changed, Chance chance)
{
    private long _generation;

    public SimMachine Machine => machine;

    public SortedDictionary<string, SimService> Services { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, SimCheck> Checks { get; } = new(StringComparer.Ordinal);

    private bool Runs => machine is { Up: true, ConsulUp: true };

    public void Register(SimService service, IEnumerable<SimCheck> checks, bool replaceChecks)
    {
        Services[service.Id] = service;
        var list = checks.ToList();
        if (replaceChecks)
        {
            foreach (var gone in Checks.Values.Where(c => c.ServiceId == service.Id && list.TrueForAll(n => n.Id != c.Id)).ToList())
            {
                Drop(gone);
            }
        }

        foreach (var check in list)
        {
            if (Checks.TryGetValue(check.Id, out var known))
            {
                known.Generation = ++_generation;
            }

            check.Generation = ++_generation;
            Checks[check.Id] = check;
            Begin(check);
        }

        changed(this);
    }

    public void Deregister(string id)
    {
        if (Services.Remove(id))
        {
            foreach (var gone in Checks.Values.Where(c => c.ServiceId == id).ToList())
            {
                Drop(gone);
            }

            changed(this);
        }
    }

    public bool Maintain(string id, bool enable, string reason)
    {
        if (!Services.TryGetValue(id, out var service))
        {
            return false;
        }

        var check = "_service_maintenance:" + id;
        if (enable)
        {
            Checks[check] = new SimCheck
            {
                Id = check,
                Name = "Service Maintenance Mode",
                ServiceId = id,
                ServiceName = service.Name,
                Output = reason,
            };
        }
        else
        {
            Checks.Remove(check);
        }

        changed(this);
        return true;
    }

    public bool Report(string id, string status, string output)
    {
        if (!Checks.TryGetValue(id, out var check) || check.Ttl is null)
        {
            return false;
        }

        check.Generation = ++_generation;
        Begin(check);
        Set(check, status, output);
        return true;
    }

    /// <summary>The agent starts anew on the services it kept on disk; no check of theirs is believed until it was made.</summary>
    public void Restart()
    {
        foreach (var check in Checks.Values)
        {
            check.Generation = ++_generation;
            check.Status = "critical";
            (check.Good, check.Bad) = (0, 0);
            Begin(check);
        }

        changed(this);
    }

    /// <summary>It lost its disk with the servers: it is as if it had never run.</summary>
    public void Empty()
    {
        Services.Clear();
        foreach (var check in Checks.Values.ToList())
        {
            Drop(check);
        }
    }

    private void Drop(SimCheck check)
    {
        check.Generation = ++_generation;
        Checks.Remove(check.Id);
    }

    private void Begin(SimCheck check)
    {
        var generation = check.Generation;
        if (check.Ttl is { } ttl)
        {
            world.After(ttl, () =>
            {
                if (Runs && check.Generation == generation)
                {
                    Set(check, "critical", "TTL expired");
                }
            });
        }
        else if (check.Http is not null || check.Tcp is not null)
        {
            world.After(check.Interval * chance.NextDouble(), () => Ask(check, generation));
        }
    }

    private void Ask(SimCheck check, long generation)
    {
        if (!Runs || check.Generation != generation)
        {
            return;
        }

        var answer = replicas.Ask(machine, check.Http, check.Tcp);
        world.After(answer == ProbeAnswer.Silent ? check.Timeout : TimeSpan.FromMilliseconds(2), () =>
        {
            if (Runs && check.Generation == generation)
            {
                Count(check, answer == ProbeAnswer.Good || answer == ProbeAnswer.ClosedAtOnce, answer.ToString());
                world.After(check.Interval, () => Ask(check, generation));
            }
        });
    }

    private void Count(SimCheck check, bool good, string output)
    {
        (check.Good, check.Bad) = good ? (check.Good + 1, 0) : (0, check.Bad + 1);
        if (good && check.Good >= check.NeedsGood)
        {
            Set(check, "passing", output);
        }
        else if (!good && check.Bad >= check.NeedsBad)
        {
            Set(check, "critical", output);
        }
    }

    private void Set(SimCheck check, string status, string output)
    {
        if (check.Status != status)
        {
            world.Log(machine.Name, $"check {check.Id} is {status}: {output}");
            (check.Status, check.Output) = (status, output);
            changed(this);
        }
    }
}

/// <summary>How a replica answers a check.</summary>
internal enum ProbeAnswer
{
    Good,
    Bad,
    Refused,

    /// <summary>Accepted by a port proxy behind which nothing listens. A TCP check that only connects is content with it.</summary>
    ClosedAtOnce,
    Silent,
}

/// <summary>Where replicas are asked.</summary>
internal interface IReplicaWorld
{
    ProbeAnswer Ask(SimMachine from, string? http, string? tcp);
}
