namespace Nexus.Simulation.Tests.Engine;

/// <summary>
/// A process of the cluster. Everything reaches it as a delivery (a timer, an answer, an engine's word), so a stopped one is
/// one whose deliveries wait, and a killed one is one that gets none any more.
/// </summary>
internal sealed class SimProcess
{
    private readonly Queue<Action> _held = new();

    public SimProcess(World world, string name, SimMachine machine)
    {
        World = world;
        Name = name;
        Machine = machine;
        Clock = new ProcessClock(this);
        Number = world.NextProcess();
    }

    public World World { get; }

    public string Name { get; }

    public SimMachine Machine { get; }

    /// <summary>Counts the processes of the world.</summary>
    public int Number { get; }

    public ProcessClock Clock { get; }

    public bool Dead { get; private set; }

    public bool Stopped { get; private set; }

    public bool Runs => !Dead && !Stopped;

    public void Deliver(Action what)
    {
        if (Dead)
        {
            return;
        }

        if (Stopped)
        {
            _held.Enqueue(what);
        }
        else
        {
            what();
        }
    }

    public void Kill()
    {
        Dead = true;
        _held.Clear();
    }

    public void Stop() => Stopped = true;

    public void Continue()
    {
        Stopped = false;
        while (_held.TryDequeue(out var what))
        {
            World.After(TimeSpan.Zero, () => Deliver(what));
        }
    }

    /// <summary>Has something done elsewhere: it takes effect halfway, and the answer comes back if anybody is there to hear it.</summary>
    public Task<T> CallAsync<T>(TimeSpan latency, Func<T> effect, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var registration = cancellationToken.Register(() => answer.TrySetCanceled(cancellationToken));
        World.After(latency / 2, () =>
        {
            T? value = default;
            Exception? failure = null;
            try
            {
                value = effect();
            }
            catch (Exception e)
            {
                failure = e;
            }

            World.After(latency / 2, () => Deliver(() =>
            {
                registration.Dispose();
                if (failure is null)
                {
                    answer.TrySetResult(value!);
                }
                else
                {
                    answer.TrySetException(failure);
                }
            }));
        });
        return answer.Task;
    }
}

/// <summary>A machine: what runs on it shares its fate and its network.</summary>
internal sealed class SimMachine(string name, string address)
{
    public string Name { get; } = name;

    public string Address { get; } = address;

    /// <summary>Whether the addresses of its containers can be reached from it; an engine in a virtual machine has them elsewhere.</summary>
    public bool ReachesContainers { get; } = name[^1] % 3 != 0;

    /// <summary>Powered.</summary>
    public bool Up { get; set; } = true;

    /// <summary>Cut off from every other machine.</summary>
    public bool Isolated { get; set; }

    /// <summary>Its Consul agent runs.</summary>
    public bool ConsulUp { get; set; } = true;

    /// <summary>How far its clock is ahead of the true time.</summary>
    public TimeSpan ClockAhead { get; set; }

    /// <summary>Added to every call from here to Consul.</summary>
    public TimeSpan ConsulDelay { get; set; }

    /// <summary>Of a hundred writes from here, how many take effect and are never answered.</summary>
    public int LostAnswers { get; set; }

    /// <summary>How late transactions from here arrive, whether or not anybody waits for their answer any more; zero for in time.</summary>
    public TimeSpan TransactionsLate { get; set; }

    /// <summary>Told when a transaction is held up.</summary>
    public Action? HeldTransaction { get; set; }

    /// <summary>What processes of this machine find on its disk.</summary>
    public Dictionary<string, object> Disk { get; } = new(StringComparer.Ordinal);

    public bool Reaches(SimMachine other) => Up && other.Up && (ReferenceEquals(this, other) || (!Isolated && !other.Isolated));
}
