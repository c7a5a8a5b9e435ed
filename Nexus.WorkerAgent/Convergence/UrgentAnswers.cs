using Nexus.Core.Convergence;
using Nexus.Core.Ids;

namespace Nexus.WorkerAgent.Convergence;

/// <summary>Answers from memory what cannot wait for the runtime's list: ends of workloads, and standbys that shall serve.</summary>
internal sealed partial class UrgentAnswers(LoopInputs inputs, LoopOutputs outputs, LoopPace pace, ILogger<UrgentAnswers> logger)
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeaderWordLimit = TimeSpan.FromSeconds(30);

    private DateTimeOffset _trustedFrom;

    /// <summary>The loop starts: from here on counts how long the leader's word is waited for.</summary>
    public void Start() => _trustedFrom = pace.Time.GetUtcNow() + LeaderWordLimit;

    /// <summary>The node as far as it is known without asking the runtime.</summary>
    public NodeSnapshot Remember(DateTimeOffset now)
    {
        var ongoing = outputs.Work.Snapshot();
        var memory = inputs.Book.Current;
        var held = inputs.Holder.Current;
        return new NodeSnapshot
        {
            Assignment = held.Assignment,
            Confirmed = held.Confirmed,
            TrustsFile = now >= _trustedFrom,
            Memory = memory,
            Ongoing = ongoing,
            Registered = inputs.Catalog.Registered,
            PeerDeaths = inputs.Peers.Deaths,
        };
    }

    /// <summary>Begins what is urgent; says of which allocations.</summary>
    public HashSet<AllocationId> Answer()
    {
        // Twice, for an end is recorded in memory before its successor is due.
        var done = new HashSet<AllocationId>();
        for (var look = 0; look < 2; look++)
        {
            var now = pace.Time.GetUtcNow();
            foreach (var action in UrgentConvergence.Compute(Remember(now), inputs.Exits.IsOver, now))
            {
                Begin(action);
                done.Add(action.Allocation);
            }
        }

        return done;
    }

    /// <summary>Goes on answering while the runtime lists: a busy engine lists slowly, and just then there are deaths to answer.</summary>
    /// <param name="listing">Ends with the list.</param>
    /// <param name="done">Gets the allocations that something was begun for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task AnswerUntilAsync(Task listing, HashSet<AllocationId> done, CancellationToken cancellationToken)
    {
        var again = false;
        while (!listing.IsCompleted)
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var waking = pace.Wake.WaitAsync(Beat, pace.Time, enough.Token);
            await Task.WhenAny(listing, waking);
            await enough.CancelAsync();
            await ((Task)waking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (waking.IsCompletedSuccessfully && await waking)
            {
                again = true;
                done.UnionWith(Answer());
            }
        }

        if (again)
        {
            pace.Wake.Set(); // The list shows the state before it, so another look has to follow.
        }
    }

    /// <summary>Begins an action.</summary>
    public void Begin(ConvergenceAction action)
    {
        LogAction(action);
        outputs.Runner.Begin(action);
    }

    [LoggerMessage(5004, LogLevel.Debug, "{Action}")]
    private partial void LogAction(ConvergenceAction action);
}
