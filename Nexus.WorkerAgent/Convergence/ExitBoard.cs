using System.Collections.Concurrent;

namespace Nexus.WorkerAgent.Convergence;

/// <summary>
/// Tells whoever waits for a workload that it has ended. Whether the end or the question comes first does not matter.
/// </summary>
internal sealed class ExitBoard
{
    // An end may be told again after its workload was forgotten; only so many are remembered for nobody.
    private const int Bound = 1024;

    private readonly ConcurrentDictionary<string, CancellationTokenSource> _workloads = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _posted = new();

    /// <summary>Cancelled once the workload is known to have ended.</summary>
    public CancellationToken TokenFor(string workload) => _workloads.GetOrAdd(workload, static _ => new()).Token;

    /// <summary>Whether the workload is known to have ended.</summary>
    public bool IsOver(string workload) => _workloads.TryGetValue(workload, out var source) && source.IsCancellationRequested;

    /// <summary>The workload has ended; false when that was known.</summary>
    public bool TryPost(string workload)
    {
        var source = _workloads.GetOrAdd(workload, static _ => new());
        if (source.IsCancellationRequested)
        {
            return false;
        }

        source.Cancel();
        _posted.Enqueue(workload);
        while (_posted.Count > Bound && _posted.TryDequeue(out var oldest))
        {
            Forget(oldest);
        }

        return true;
    }

    /// <summary>Nobody will ask for it again. (Without timer or handle, a source needs no disposal.)</summary>
    public void Forget(string workload) => _workloads.TryRemove(workload, out _);
}
