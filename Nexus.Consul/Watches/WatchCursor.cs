namespace Nexus.Consul;

/// <summary>
/// Consul's rules for following an index, without I/O: where to wait next, and whether an answer is news.
/// </summary>
internal struct WatchCursor()
{
    private ulong _seen;
    private bool _fresh = true;

    /// <summary>The index to wait on; 0 asks for a plain read.</summary>
    public ulong Index { get; private set; }

    /// <summary>Takes an answer in and says whether it must be shown.</summary>
    public bool Observe(ulong answered)
    {
        // Waiting on 0 would return at once, for ever.
        answered = Math.Max(answered, 1);
        var isNews = _fresh || answered != _seen;

        // A server that lost its data counts from low again, and would let us wait until it had caught up.
        var wentBackwards = Index != 0 && answered < Index;
        Index = wentBackwards ? 0 : answered;
        _seen = answered;
        _fresh = false;
        return isNews;
    }

    /// <summary>After a failure the other side may have begun anew: look first, then wait.</summary>
    public void Fail()
    {
        Index = 0;
        _fresh = true;
    }
}
