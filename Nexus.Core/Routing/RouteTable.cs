using Nexus.Core.Spec.Values;

namespace Nexus.Core.Routing;

/// <summary>
/// Finds the route of a request: an exact host before the longest wildcard before any host, then the longest path prefix in whole
/// segments. Where a host has routes but none for the path, the next less specific host is asked.
/// </summary>
/// <typeparam name="T">What a route leads to.</typeparam>
public sealed class RouteTable<T>
    where T : class
{
    private readonly Dictionary<string, Dictionary<string, T>> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Dictionary<string, T>> _wildcards = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, T> _anyHost = new(StringComparer.Ordinal);

    /// <summary>A table of routes; of two with the same pattern the first holds.</summary>
    public RouteTable(IEnumerable<(RoutePattern Pattern, T Target)> routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        foreach (var (pattern, target) in routes)
        {
            PathsOf(pattern.Host).TryAdd(pattern.Path, target);
        }
    }

    /// <summary>Where a request goes; null when no route takes it.</summary>
    /// <param name="host">Host of the request without its port.</param>
    /// <param name="path">Path of the request, canonical.</param>
    public T? Find(ReadOnlySpan<char> host, ReadOnlySpan<char> path)
    {
        host = host.TrimEnd('.');
        if (_hosts.Count > 0 && _hosts.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(host, out var exact)
            && FindPath(exact, path) is { } found)
        {
            return found;
        }

        if (_wildcards.Count > 0)
        {
            var lookup = _wildcards.GetAlternateLookup<ReadOnlySpan<char>>();
            for (var dot = host.IndexOf('.'); dot >= 0; dot = NextDot(host, dot))
            {
                if (dot > 0 && lookup.TryGetValue(host[dot..], out var wildcard) && FindPath(wildcard, path) is { } match)
                {
                    return match;
                }
            }
        }

        return FindPath(_anyHost, path);
    }

    private static int NextDot(ReadOnlySpan<char> host, int dot)
    {
        var next = host[(dot + 1)..].IndexOf('.');
        return next < 0 ? -1 : dot + 1 + next;
    }

    private static T? FindPath(Dictionary<string, T> paths, ReadOnlySpan<char> path)
    {
        if (paths.Count == 0)
        {
            return null;
        }

        var lookup = paths.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var prefix = path; prefix.Length > 1;)
        {
            if (lookup.TryGetValue(prefix, out var target))
            {
                return target;
            }

            prefix = prefix[..Math.Max(0, prefix.LastIndexOf('/'))];
        }

        return paths.GetValueOrDefault("/");
    }

    private Dictionary<string, T> PathsOf(string? host)
    {
        if (host is null)
        {
            return _anyHost;
        }

        var isWildcard = host.StartsWith("*.", StringComparison.Ordinal);
        var (hosts, key) = isWildcard ? (_wildcards, host[1..]) : (_hosts, host);
        return hosts.TryGetValue(key, out var paths) ? paths : hosts[key] = new Dictionary<string, T>(StringComparer.Ordinal);
    }
}
