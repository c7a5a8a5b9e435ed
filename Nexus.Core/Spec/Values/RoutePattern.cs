namespace Nexus.Core.Spec.Values;

/// <summary>
/// Which requests a route takes, in the one form in which patterns are compared, by validation and by routing alike: hosts without
/// regard to case, a trailing dot or a port, paths with regard to case and by <see cref="UrlPath.Canonical"/>.
/// </summary>
public readonly record struct RoutePattern
{
    private RoutePattern(string? host, string path) => (Host, Path) = (host, path);

    /// <summary>Host in lower case, <c>*.</c> allowed in front; null for any.</summary>
    public string? Host { get; }

    /// <summary>Path prefix in whole segments, without a slash at its end; <c>/</c> for all.</summary>
    public string Path { get; }

    /// <summary>The pattern that a route's host and path stand for.</summary>
    public static RoutePattern Of(string? host, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var prefix = UrlPath.Canonical(path).TrimEnd('/');
        return new RoutePattern(CanonicalHost(host), prefix.Length == 0 ? "/" : prefix);
    }

    /// <summary>Whether every request of <paramref name="other"/> is one of this pattern's, too.</summary>
    public bool Covers(RoutePattern other) => CoversHost(other) && CoversPath(other);

    /// <summary>Whether every host of <paramref name="other"/> is one of this pattern's.</summary>
    public bool CoversHost(RoutePattern other) =>
        Host is null || Host == other.Host
        || (other.Host is { } host && Host.StartsWith("*.", StringComparison.Ordinal) && host.EndsWith(Host[1..], StringComparison.Ordinal));

    /// <summary>Whether every path of <paramref name="other"/> is one of this pattern's.</summary>
    public bool CoversPath(RoutePattern other) =>
        Path is "/" || other.Path == Path || (other.Path.StartsWith(Path, StringComparison.Ordinal) && other.Path[Path.Length] == '/');

    /// <summary>As messages name a route: <c>example.org/shop</c>, <c>/shop</c>.</summary>
    public override string ToString() => Host + Path;

    private static string? CanonicalHost(string? host) =>
        string.IsNullOrEmpty(host) || host == "*" ? null : host.TrimEnd('.').ToLowerInvariant();
}
