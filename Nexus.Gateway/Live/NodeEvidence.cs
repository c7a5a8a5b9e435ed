namespace Nexus.Gateway.Live;

/// <summary>What the gateway's own connections say of one node: when a replica there last answered, and when one last did not.</summary>
internal sealed class NodeEvidence(string node)
{
    private long _answered = long.MinValue;
    private long _failed = long.MinValue;

    public string Node => node;

    public void Answered(long now) => Volatile.Write(ref _answered, now);

    public void Failed(long now) => Volatile.Write(ref _failed, now);

    /// <summary>True when a replica answered within the window, false when every try within it failed, null without a try.</summary>
    public bool? IsReachable(TimeProvider time, TimeSpan window)
    {
        if (IsWithin(Volatile.Read(ref _answered), time, window))
        {
            return true;
        }

        return IsWithin(Volatile.Read(ref _failed), time, window) ? false : null;
    }

    private static bool IsWithin(long at, TimeProvider time, TimeSpan window) =>
        at != long.MinValue && time.GetElapsedTime(at) <= window;
}
