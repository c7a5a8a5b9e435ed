namespace Nexus.Simulation.Tests.Checking;

/// <summary>Requests that always go the same way: those of one host and one path of it.</summary>
internal sealed class RoutePlace(string host, string path, string asked)
{
    private readonly HashSet<string> _allowed = new(StringComparer.Ordinal) { asked };

    public string Host => host;

    public string Path => path;

    /// <summary>The pool that the spec asks for.</summary>
    public string Asked { get; private set; } = asked;

    /// <summary>The pool that all gateways last led to, and that has to serve until another does.</summary>
    public string Home { get; private set; } = asked;

    public TimeSpan HomeSince { get; private set; }

    /// <summary>The pool that was home before.</summary>
    public string HomeBefore { get; private set; } = asked;

    /// <summary>Where each gateway was last seen to lead.</summary>
    public Dictionary<string, string> Seen { get; } = new(StringComparer.Ordinal);

    public void Ask(string pool)
    {
        Asked = pool;
        _allowed.Add(pool);
    }

    /// <summary>Whether a spec has asked for this pool since the one that is home was.</summary>
    public bool MayLeadTo(string pool) => pool == Home || _allowed.Contains(pool);

    public void Settle(string pool, TimeSpan now)
    {
        (HomeBefore, Home, HomeSince) = (Home, pool, now);
        _allowed.Clear();
        _allowed.Add(Asked);
    }

    public override string ToString() => host + path;
}
