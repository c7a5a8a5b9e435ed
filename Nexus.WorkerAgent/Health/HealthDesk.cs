using System.Collections.Concurrent;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Reports;

namespace Nexus.WorkerAgent.Health;

/// <summary>
/// Where verdicts on replicas come together. Consul's counts, but for those replicas that the agent probes itself: theirs
/// would be late, or stale.
/// </summary>
internal sealed class HealthDesk(AllocationBook book, EventJournal events, WakeSignal wake)
{
    private readonly ConcurrentDictionary<AllocationId, string> _own = new();
    private readonly ConcurrentDictionary<AllocationId, ConsulWord> _words = new();
    private volatile bool _watchSilent;
    private volatile bool _registrarSilent;

    /// <summary>Whether Consul's verdicts do not reach this node.</summary>
    public bool IsConsulSilent => _watchSilent || _registrarSilent;

    /// <summary>Whether verdicts can be read from Consul.</summary>
    public void NoteConsul(bool silent)
    {
        _watchSilent = silent;
        if (silent)
        {
            // What it said before it fell silent says nothing of now.
            _words.Clear();
        }
    }

    /// <summary>Whether Consul takes the node's own sign of life.</summary>
    public void NoteRegistrar(bool silent) => _registrarSilent = silent;

    /// <summary>Consul's verdict on a replica.</summary>
    public void NoteConsul(AllocationMemory memory, bool healthy, string output)
    {
        var word = new ConsulWord(memory.Attempt, healthy, output);
        _words[memory.Id] = word;
        if (!_own.ContainsKey(memory.Id))
        {
            Apply(memory.Id, healthy, output, kind: null);
        }
    }

    /// <summary>From now on the agent's own probes of this workload count.</summary>
    public void Take(AllocationId allocation, string workload) => _own[allocation] = workload;

    /// <summary>
    /// Whether Consul may judge again a replica that the agent probes: not before its word is good, for a Consul agent that
    /// was restarted calls everything critical until it has asked itself.
    /// </summary>
    public bool IsConsulReady(AllocationMemory memory) =>
        !IsConsulSilent
        && (!_own.ContainsKey(memory.Id)
            || (_words.TryGetValue(memory.Id, out var word) && word.Healthy && word.Attempt == memory.Attempt));

    /// <summary>From now on Consul's verdict counts again.</summary>
    public void Release(AllocationId allocation, string workload) => _own.TryRemove(KeyValuePair.Create(allocation, workload));

    /// <summary>The agent's own verdict on a workload.</summary>
    public void NoteOwn(AllocationId allocation, string workload, ProbeAnswer? problem)
    {
        if (_own.TryGetValue(allocation, out var owned) && owned == workload && book.Find(allocation)?.Workload == workload)
        {
            Apply(allocation, problem is null, problem?.Words ?? "", problem?.Kind);
        }
    }

    /// <summary>Forgets what Consul said of an allocation that is no more.</summary>
    public void Forget(AllocationId allocation) => _words.TryRemove(allocation, out _);

    private void Apply(AllocationId allocation, bool healthy, string output, SickKind? kind)
    {
        if (!book.TryNoteCheck(allocation, healthy, output, kind) || book.Find(allocation) is not { } memory)
        {
            return;
        }

        if (healthy)
        {
            events.Publish(EventKinds.AllocationHealthy, EventSeverity.Info, memory, $"{memory.Id} passes its check again.");
        }
        else
        {
            events.Publish(EventKinds.AllocationUnhealthy, EventSeverity.Warning, memory, $"{memory.Id} fails its check: {output}");
        }

        wake.Set();
    }

    private readonly record struct ConsulWord(int Attempt, bool Healthy, string Output);
}
