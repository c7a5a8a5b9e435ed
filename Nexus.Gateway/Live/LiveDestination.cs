using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Gateway.Draining;

namespace Nexus.Gateway.Live;

/// <summary>
/// One life of an allocation, a container or process, with what is under way there. Another life is another object, so that nothing
/// of the old one, neither counts nor evidence, is held against the new.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing that needs an end.")]
internal sealed class LiveDestination(LivePool pool, Destination known, string life, NodeEvidence? node) : ICandidate
{
    private readonly Lock _gate = new();
    private CancellationTokenSource _current = new();
    private volatile bool _takesRequests;
    private int _inFlight;
    private int _webSockets;

    public LivePool Pool => pool;

    /// <summary>Id of the allocation.</summary>
    public string Allocation { get; } = known.Id.Value;

    public string Address { get; } = known.Address;

    public int Attempt { get; } = known.Attempt;

    /// <summary>Protocol that it speaks.</summary>
    public AppProtocol Protocol { get; } = known.Protocol;

    /// <summary>Tells one container or process of an allocation from the next.</summary>
    public string Life => life;

    /// <summary>What is known of its node; null when the catalog does not name one.</summary>
    public NodeEvidence? Node => node;

    /// <summary>Timestamp since which it has been given requests; null for one that served before this gateway knew it.</summary>
    public long? NewSince { get; set; }

    /// <summary>Where its revision's requests are counted; null while there is nothing to compare with.</summary>
    public RevisionStats? Stats { get; set; }

    /// <summary>What was last heard of it in a row.</summary>
    public StreakCounter Streaks { get; } = new();

    /// <summary>How its requests went lately.</summary>
    public TrafficWindow Traffic { get; } = new(pool.Time);

    /// <summary>Its ejections for its error rate.</summary>
    public OutlierHistory Outlier { get; } = new();

    /// <summary>The WebSockets open there.</summary>
    public ConcurrentDictionary<OpenSocket, bool> Sockets { get; } = new();

    public int InFlight => Volatile.Read(ref _inFlight);

    public int WebSockets => Volatile.Read(ref _webSockets);

    public int Busy => InFlight + WebSockets;

    public bool TakesRequests => _takesRequests;

    /// <summary>Ends when what waits for an answer here should rather ask elsewhere; a new one is made each time.</summary>
    public CancellationToken Ended
    {
        get
        {
            lock (_gate)
            {
                return _current.Token;
            }
        }
    }

    public static string LifeOf(Destination destination) => $"{destination.Attempt}@{destination.Address}";

    public double WarmthAt(long now) => NewSince is { } since ? pool.WarmthAfter(since, now) : 1;

    /// <summary>Counts a request in; false when none is taken any more. Counting first and asking second is what makes a count of
    /// zero, read after requests were turned off, final.</summary>
    public bool TryEnter()
    {
        Interlocked.Increment(ref _inFlight);
        if (_takesRequests)
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>Counts an attempt that ended here.</summary>
    public void Count(bool isFailure)
    {
        Traffic.Count(isFailure);
        if (isFailure)
        {
            pool.CountFailure();
        }
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref _inFlight) == 0 && !_takesRequests)
        {
            pool.SaysQuiet();
        }
    }

    /// <summary>A request that was counted in became a connection.</summary>
    public void Upgrade()
    {
        Interlocked.Increment(ref _webSockets);
        Leave();
    }

    public void LeaveUpgraded()
    {
        if (Interlocked.Decrement(ref _webSockets) == 0 && !_takesRequests)
        {
            pool.SaysQuiet();
        }
    }

    public void SetTakesRequests(bool value)
    {
        _takesRequests = value;
        Interlocked.MemoryBarrier();
    }

    /// <summary>Has the attempts under way that can be made elsewhere made there.</summary>
    public void BreakOff()
    {
        CancellationTokenSource ended;
        lock (_gate)
        {
            ended = _current;
            _current = new CancellationTokenSource();
        }

        ended.Cancel();
    }
}
