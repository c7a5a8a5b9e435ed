using System.Globalization;
using System.Text.RegularExpressions;

namespace Nexus.Manifests.ComposeImport;

/// <summary>A host in a text.</summary>
/// <param name="Host">Its name as written.</param>
/// <param name="Port">The port it is asked at: written beside it, or the usual one of its scheme; null where neither is known.</param>
internal readonly record struct HostReference(string Host, int? Port);

/// <summary>
/// Finds the hosts in a value: of URLs, connection strings and lists of addresses. Reports what can only be a host; a word that might
/// as well be a user, a database or a driver is none.
/// </summary>
internal static partial class HostReferences
{
    /// <summary>Below it, a number behind a colon is rather an image's tag than a port.</summary>
    private const int LeastCertainPort = 22;

    /// <summary>How deep a value may be within another: <c>-e URL=Host=db</c>.</summary>
    private const int MaxDepth = 3;

    private static readonly char[] Semicolon = [';'];
    private static readonly char[] BetweenPairs = [' ', '\t', '\n', ',', '(', ')', '&', '?'];
    private static readonly char[] BetweenHosts = [' ', '\t', '\n', ',', ';', '|', '[', ']', '(', ')', '{', '}', '"', '\''];

    // Their "authority" is a bucket, a path or an image.
    private static readonly HashSet<string> NotHosts = new(StringComparer.OrdinalIgnoreCase)
    {
        "file", "unix", "http+unix", "npipe", "sqlite", "sqlite3", "s3", "s3a", "gs", "az", "abfs", "docker", "oci", "memory", "data", "jar", "classpath", "resource", "env", "secret",
    };

    private static readonly Dictionary<string, int> UsualPorts = new(StringComparer.OrdinalIgnoreCase)
    {
        ["http"] = 80,
        ["ws"] = 80,
        ["https"] = 443,
        ["wss"] = 443,
        ["postgres"] = 5432,
        ["postgresql"] = 5432,
        ["mysql"] = 3306,
        ["mysql2"] = 3306,
        ["mariadb"] = 3306,
        ["redis"] = 6379,
        ["valkey"] = 6379,
        ["amqp"] = 5672,
        ["amqps"] = 5671,
        ["mongodb"] = 27017,
        ["sqlserver"] = 1433,
        ["mssql"] = 1433,
        ["smtp"] = 25,
        ["nats"] = 4222,
        ["mqtt"] = 1883,
        ["memcached"] = 11211,
        ["ldap"] = 389,
        ["ldaps"] = 636,
        ["clickhouse"] = 9000,
        ["ssh"] = 22,
    };

    /// <summary>The hosts in the value of a variable, of an option or of a part of a connection string.</summary>
    /// <param name="name">Its name, which says whether a word alone is a host.</param>
    /// <param name="value">The value.</param>
    public static IEnumerable<HostReference> In(string name, string value) => In(name, value, 0);

    private static IEnumerable<HostReference> In(string name, string value, int depth)
    {
        var kind = ValueName.KindOf(name);
        foreach (var found in InUrls(value))
        {
            yield return found;
        }

        var rest = Url().Replace(value, " ");
        foreach (var found in InConnectionString(rest, depth).Concat(kind == ValueKind.Other ? [] : InList(rest, kind)))
        {
            yield return found;
        }
    }

    private static IEnumerable<HostReference> InUrls(string value)
    {
        foreach (var url in Url().Matches(value).Where(url => !NotHosts.Contains(url.Groups["scheme"].Value)))
        {
            var (authority, rest) = (url.Groups["authority"].Value, url.Groups["rest"].Value);
            if (authority.Length == 0 && QueryHost().Match(rest) is { Success: true } query)
            {
                authority = query.Groups["host"].Value;
            }

            // A password that is not encoded may have cut the authority short: shop:12/34@db.
            if (!authority.Contains('@') && authority.Contains(':') && rest.Contains('@'))
            {
                continue;
            }

            var hosts = authority.Split(',', StringSplitOptions.RemoveEmptyEntries);
            hosts = hosts.All(host => host.Contains('@')) ? hosts : authority[(authority.LastIndexOf('@') + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries);
            foreach (var host in hosts.Select(host => host[(host.LastIndexOf('@') + 1)..]))
            {
                if (Address(host) is { } address)
                {
                    yield return address.Port is null && UsualPorts.TryGetValue(url.Groups["scheme"].Value, out var usual) ? address with { Port = usual } : address;
                }
            }
        }
    }

    // Host=db;Port=5432 and host=db port=5432, each part as a variable of its own.
    private static IEnumerable<HostReference> InConnectionString(string value, int depth)
    {
        if (depth == MaxDepth || !value.Contains('='))
        {
            yield break;
        }

        var parts = value.Split(value.Contains(';') ? Semicolon : BetweenPairs, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(part => part.Split('=', 2, StringSplitOptions.TrimEntries)).Where(part => part.Length == 2).ToList();
        var port = Port(parts.Find(part => string.Equals(part[0], "port", StringComparison.OrdinalIgnoreCase))?[1]);
        foreach (var part in parts)
        {
            var key = part[0][(part[0].LastIndexOf(':') + 1)..].TrimStart('-'); // mysql:host=db
            foreach (var found in In(key, part[1].Trim('"', '\''), depth + 1))
            {
                yield return found.Port is null ? found with { Port = port } : found;
            }
        }
    }

    private static IEnumerable<HostReference> InList(string value, ValueKind kind)
    {
        if (kind == ValueKind.Host && SqlServer().Match(value) is { Success: true } server)
        {
            yield return new HostReference(server.Groups["host"].Value, Port(server.Groups["port"].Value));
            yield break;
        }

        foreach (var token in value.Split(BetweenHosts, StringSplitOptions.RemoveEmptyEntries))
        {
            if (!token.Contains('=') && Address(token[(token.LastIndexOf('@') + 1)..].TrimStart('/')) is { } address
                && (kind == ValueKind.Host ? address.Port is not null || !token.Contains('@') : address.Port >= LeastCertainPort))
            {
                yield return address;
            }
        }
    }

    // HOST, HOST:PORT, HOST:PORT:WEIGHT or LABEL:HOST:PORT, with a path or without.
    private static HostReference? Address(string text)
    {
        var parts = text.Split('/', '?', '#')[0].Split(':');
        return parts switch
        {
            [var host] when Host().IsMatch(host) => new HostReference(host, null),
            [var host, var port, ..] when parts.Length <= 3 && Host().IsMatch(host) && Port(port) is { } number => new HostReference(host, number),
            [_, var host, var port] when Host().IsMatch(host) && Port(port) is { } number => new HostReference(host, number),
            _ => null,
        };
    }

    private static int? Port(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65_535 ? port : null;

    // The authority ends where another URL of a list begins.
    [GeneratedRegex(@"(?<scheme>[A-Za-z][A-Za-z0-9+.\-]*)://(?<authority>((?![A-Za-z][A-Za-z0-9+.\-]*://)[^/?#;\s""'<>\\|\])}])*)(?<rest>(?![,;][A-Za-z][A-Za-z0-9+.\-]*://)([/?#;]((?![,;][A-Za-z][A-Za-z0-9+.\-]*://)[^\s""'<>|])*)?|)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Url();

    [GeneratedRegex(@"[?&]host=(?<host>[^&\s]+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex QueryHost();

    [GeneratedRegex(@"\A\s*((tcp|np|lpc):)?(?<host>[A-Za-z0-9][A-Za-z0-9_.\-]*)(\\[^,]*)?,\s*(?<port>\d+)\s*\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex SqlServer();

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9_.\-]*[A-Za-z0-9])?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Host();
}
