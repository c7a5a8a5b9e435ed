using System.Collections.Immutable;

namespace Nexus.Core.Routing;

/// <summary>
/// A request target as text (RFC 9112 §3.2): routes match its decoded and resolved path, replicas get its bytes. What is forwarded
/// must therefore be below the route's path however a replica reads it.
/// </summary>
public static class RequestTarget
{
    private const StringComparison AnyCase = StringComparison.OrdinalIgnoreCase; // Of hexadecimal digits.

    /// <summary>Path and query of a target in origin or absolute form, as they were written; null for any other form.</summary>
    public static string? PathAndQuery(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.StartsWith('/'))
        {
            return target;
        }

        var authority = target.IndexOf("://", StringComparison.Ordinal);
        if (authority <= 0)
        {
            return null;
        }

        var end = target.AsSpan(authority + 3).IndexOfAny('/', '?');
        if (end < 0)
        {
            return "/";
        }

        var rest = target[(authority + 3 + end)..];
        return rest[0] == '/' ? rest : "/" + rest;
    }

    /// <summary>
    /// What is forwarded of a path and query on a route: all of it, or what follows the prefix. Null when the path is below the
    /// route only by one reading of it, so that it could be used to pass by the routes.
    /// </summary>
    /// <param name="pathAndQuery">As written by the client.</param>
    /// <param name="routePath">Path of the route, as written in the spec.</param>
    /// <param name="strips">Whether the route's path is taken off.</param>
    public static string? Forwarded(string pathAndQuery, string routePath, bool strips)
    {
        ArgumentNullException.ThrowIfNull(pathAndQuery);
        ArgumentNullException.ThrowIfNull(routePath);
        if (routePath is "" or "/")
        {
            return pathAndQuery;
        }

        var prefix = Segments(routePath.AsSpan().TrimEnd('/'));
        var question = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? pathAndQuery : pathAndQuery[..question];
        var end = EndOf(prefix, path);
        if (end < 0)
        {
            return null;
        }

        if (strips)
        {
            var rest = pathAndQuery[end..];
            return rest.StartsWith('/') ? rest : "/" + rest;
        }

        return HasOddSegments(path) && !(IsBelow(prefix, path, mergesSlashes: false) && IsBelow(prefix, path, mergesSlashes: true))
            ? null
            : pathAndQuery;
    }

    /// <summary>Where the prefix ends in the text as it was written; negative when it does not begin with it.</summary>
    private static int EndOf(ImmutableArray<string> prefix, string path)
    {
        var at = 0;
        foreach (var segment in prefix)
        {
            if (at >= path.Length || path[at] != '/')
            {
                return -1;
            }

            var length = path.AsSpan(at + 1).IndexOf('/');
            var end = length < 0 ? path.Length : at + 1 + length;
            if (!Uri.UnescapeDataString(path[(at + 1)..end]).Equals(segment, StringComparison.Ordinal))
            {
                return -1;
            }

            at = end;
        }

        return at;
    }

    // Cheap, and nearly always false: only then can another reading of the path lead elsewhere.
    private static bool HasOddSegments(string path) =>
        path.Contains("..", StringComparison.Ordinal) || path.Contains("%2e", AnyCase);

    /// <summary>Whether it is below the prefix for a replica that decodes slashes, takes backslashes for slashes, drops path
    /// parameters, and then resolves dot segments.</summary>
    private static bool IsBelow(ImmutableArray<string> prefix, string path, bool mergesSlashes)
    {
        var readable = path.Replace("%2F", "/", AnyCase).Replace("%5C", "/", AnyCase).Replace('\\', '/').Replace("%2E", ".", AnyCase);
        var resolved = new List<string>();
        foreach (var segment in Segments(readable))
        {
            var parameters = segment.IndexOf(';', StringComparison.Ordinal);
            switch (parameters < 0 ? segment : segment[..parameters])
            {
                case "" when mergesSlashes:
                case ".":
                    break;
                case "..":
                    if (resolved.Count > 0)
                    {
                        resolved.RemoveAt(resolved.Count - 1);
                    }

                    break;
                default:
                    resolved.Add(segment);
                    break;
            }
        }

        return resolved.Count >= prefix.Length && prefix.Select((segment, i) => resolved[i].Equals(segment, StringComparison.Ordinal)).All(same => same);
    }

    private static ImmutableArray<string> Segments(ReadOnlySpan<char> path) =>
        [.. path[1..].ToString().Split('/').Select(Uri.UnescapeDataString)];
}
