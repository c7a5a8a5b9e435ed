using System.Text.RegularExpressions;

namespace Nexus.Manifests.ComposeImport;

/// <summary>What the name of a variable or option promises of its value.</summary>
internal enum ValueKind
{
    /// <summary>Nothing: a word alone may be anything, a word with a port is a host.</summary>
    Unknown,

    /// <summary>A host, or hosts.</summary>
    Host,

    /// <summary>A user, a database, an image …: no host, even where it looks like one.</summary>
    Other,
}

/// <summary>Reads the names of variables and options: <c>PGHOST</c>, <c>--mysql-host</c>, <c>Data Source</c>, <c>spring.redis.host</c>.</summary>
internal static partial class ValueName
{
    private static readonly string[] Hosts =
        ["host", "hosts", "hostname", "hostnames", "server", "servers", "addr", "address", "addresses", "endpoint", "endpoints", "url", "urls", "uri", "seeds", "replicaof", "slaveof", "upstream"];

    private static readonly string[] Others =
    [
        "user", "username", "password", "passwd", "pass", "pwd", "secret", "token", "key", "auth", "credentials", "login", "image", "tag", "version", "database", "dbname", "schema",
        "driver", "dialect", "catalog", "uid", "role", "group", "name", "names", "type", "engine", "adapter", "prefix", "label", "labels",
    ];

    /// <summary>The last word that promises something decides: <c>DB_HOST_PRIMARY</c> is a host, <c>DB_PASSWORD_FILE</c> is none.</summary>
    public static ValueKind KindOf(string name)
    {
        var words = Words().Matches(name.Replace("HOST_NAME", "HOST", StringComparison.OrdinalIgnoreCase).Replace("Data Source", "Host", StringComparison.OrdinalIgnoreCase)).Select(word => word.Value.ToLowerInvariant()).Reverse();
        return words.Select(OfWord).FirstOrDefault(kind => kind != ValueKind.Unknown);
    }

    // PGHOST and PGUSER have no seam between their words.
    private static ValueKind OfWord(string word) =>
        word == "vhost" ? ValueKind.Other // of a broker: no host
        : word == "h" || Array.Exists(Hosts, end => word.EndsWith(end, StringComparison.Ordinal)) ? ValueKind.Host
        : Array.Exists(Others, end => word.EndsWith(end, StringComparison.Ordinal)) ? ValueKind.Other
        : ValueKind.Unknown;

    [GeneratedRegex("[A-Z]+(?![a-z])|[A-Z]?[a-z]+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Words();
}
