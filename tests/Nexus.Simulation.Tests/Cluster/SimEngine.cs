using Nexus.Runtime;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Cluster;

/// <summary>The container engine of one machine; it outlives the agents that use it.</summary>
internal sealed class SimEngine(World world, SimMachine machine, Chance chance)
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(150);

    private readonly List<SimWorkload> _workloads = [];
    private readonly HashSet<string> _images = new(StringComparer.Ordinal);
    private int _number;

    public SimMachine Machine => machine;

    public IReadOnlyList<SimWorkload> Workloads => _workloads;

    /// <summary>Told of every end; agents subscribe while they live.</summary>
    public event Action<SimWorkload>? Ended;

    /// <summary>Told of every start.</summary>
    public event Action<SimWorkload>? Started;

    /// <summary>Told when a workload is asked to end: whether it was asked politely.</summary>
    public event Action<SimWorkload, bool>? Stopping;

    /// <summary>The registry cannot be reached from here.</summary>
    public bool RegistryAway { get; set; }

    /// <summary>Its news of ends are lost.</summary>
    public bool LosesEvents { get; set; }

    /// <summary>How long a call to it takes.</summary>
    public TimeSpan Latency => chance.Milliseconds(2, 12);

    public TimeSpan PullTime(string image) => _images.Contains(image) ? TimeSpan.FromMilliseconds(5) : chance.Milliseconds(100, 2500);

    public void Pull(string image)
    {
        if (_images.Contains(image))
        {
            return;
        }

        if (RegistryAway || BehaviourOf(image) == Behaviour.Missing)
        {
            throw new ImageUnavailableException(image, $"{image}: the registry does not have it");
        }

        _images.Add(image);
    }

    public SimWorkload Start(WorkloadSpec spec)
    {
        var known = _workloads.Find(w => w.Allocation == spec.Allocation.Value && w.Attempt == spec.Attempt);
        if (known is not null)
        {
            return known;
        }

        if (!_images.Contains(spec.Template.Image))
        {
            throw new ImageUnavailableException(spec.Template.Image, "no such image");
        }

        var number = ++_number;
        if (spec.Template.HostPort is { } wanted && _workloads.Exists(w => w.Running && w.Port == wanted))
        {
            throw new WorkloadStartException($"port {wanted} is already allocated");
        }

        var workload = new SimWorkload
        {
            Id = $"{machine.Name}-c{number}",
            Allocation = spec.Allocation.Value,
            Pool = spec.Pool.Value,
            Revision = spec.Revision.Value,
            Image = spec.Template.Image,
            Attempt = spec.Attempt,
            Machine = machine,
            Port = spec.Template.HostPort ?? 20000 + number,
            Exclusive = spec.Template.HoldsExclusively,
            StartedAt = world.Elapsed,
            Behaviour = BehaviourOf(spec.Template.Image),
        };
        _workloads.Add(workload);
        world.Log(machine.Name, $"starts {workload.Id} of {workload.Allocation} try {workload.Attempt} ({workload.Image})");
        Started?.Invoke(workload);
        ComeUp(workload);
        return workload;
    }

    /// <summary>SIGTERM, and SIGKILL after the grace; calls back when it is gone.</summary>
    public void Stop(string id, TimeSpan grace, Action gone)
    {
        var workload = _workloads.Find(w => w.Id == id);
        if (workload is not { Running: true })
        {
            world.After(TimeSpan.FromMilliseconds(1), gone);
            return;
        }

        Stopping?.Invoke(workload, grace > TimeSpan.Zero);
        workload.TermAt ??= world.Elapsed;
        var hears = grace > TimeSpan.Zero && workload is { Hangs: false, Paused: false, Behaviour: not Behaviour.Deaf };
        var takes = hears ? chance.Milliseconds(5, 400) : grace;
        var end = takes < grace ? takes : grace;
        world.After(end, () =>
        {
            End(workload, end < grace ? 0 : 137);
            gone();
        });
    }

    public void Remove(string id)
    {
        var workload = _workloads.Find(w => w.Id == id);
        if (workload is not null)
        {
            End(workload, 137);
            _workloads.Remove(workload);
        }
    }

    public bool SetPaused(string id, bool paused)
    {
        var workload = _workloads.Find(w => w.Id == id);
        if (workload is not { Running: true })
        {
            return false;
        }

        workload.Paused = paused;
        world.Log(machine.Name, $"{(paused ? "pauses" : "unpauses")} {id}");
        return true;
    }

    public void End(SimWorkload workload, int exitCode)
    {
        if (!workload.Running)
        {
            return;
        }

        workload.EndedAt = world.Elapsed;
        workload.ExitCode = exitCode;
        world.Log(machine.Name, $"{workload.Id} of {workload.Allocation} ended with {exitCode}");
        foreach (var inside in workload.Inside.ToList())
        {
            inside.End(ExchangeEnd.Broken, null);
        }

        workload.Inside.Clear();
        Ended?.Invoke(workload);
    }

    /// <summary>The machine lost its power: nothing runs on, nobody is told.</summary>
    public void PowerOff()
    {
        foreach (var workload in _workloads.Where(w => w.Running))
        {
            workload.EndedAt = world.Elapsed;
            workload.ExitCode = 255;
            foreach (var inside in workload.Inside.ToList())
            {
                inside.End(ExchangeEnd.Broken, null);
            }

            workload.Inside.Clear();
        }

        Ended = null;
    }

    public static Behaviour BehaviourOf(string image)
    {
        var dash = image.LastIndexOf('-');
        return dash < 0 ? Behaviour.Good : image[(dash + 1)..] switch
        {
            "slow" => Behaviour.Slow,
            "crash" => Behaviour.Crashes,
            "never" => Behaviour.NeverHealthy,
            "missing" => Behaviour.Missing,
            "deaf" => Behaviour.Deaf,
            _ => Behaviour.Good,
        };
    }

    private void ComeUp(SimWorkload workload)
    {
        switch (workload.Behaviour)
        {
            case Behaviour.NeverHealthy:
                break;
            case Behaviour.Crashes when chance.Milliseconds(20, 600) is var lives && lives > AtOnce:
                world.After(lives, () => End(workload, 1));
                break;
            case Behaviour.Crashes:
                End(workload, 1); // before whoever starts it has the engine's answer
                break;
            default:
                var takes = workload.Behaviour == Behaviour.Slow ? chance.Milliseconds(4000, 9000) : chance.Milliseconds(60, 800);
                world.After(takes, () =>
                {
                    workload.Ready = workload.Running;
                });
                break;
        }
    }
}
