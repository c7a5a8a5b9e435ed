using System.Collections.Frozen;

namespace Nexus.Gateway.Forwarding;

/// <summary>Fields in which a proxy tells of the client in front of it. From anybody else they are a client's claim.</summary>
internal static class ForwardingFields
{
    private static readonly FrozenSet<string> Names = FrozenSet.ToFrozenSet(
        [
            "Forwarded", "Forwarded-For", "X-Forwarded", "X-Forward-For",
            "X-Real-IP", "X-Client-IP", "Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "Fastly-Client-IP",
            "CF-Connecting-IP", "CF-Connecting-IPv6", "CF-Pseudo-IPv4", "CF-Visitor", "CF-IPCountry",
            "X-Envoy-External-Address", "X-Appengine-User-IP", "X-Azure-ClientIP", "X-Azure-SocketIP",
            "X-Originating-IP", "X-Remote-IP", "X-Remote-Addr", "X-ProxyUser-IP", "Proxy-Client-IP", "WL-Proxy-Client-IP",
            "X-Original-URL", "X-Rewrite-URL", "X-Original-Host", "X-Original-For", "X-Original-Proto", "X-Original-Prefix",
            "X-Host", "X-Scheme", "X-Url-Scheme", "Front-End-Https",
            "Client-Cert", "Client-Cert-Chain", "X-Client-Cert", "X-ARR-ClientCert",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly string[] Prefixes = ["X-Forwarded-", "X-SSL-", "SSL-Client-"];

    /// <summary>Whether it is one; underscores count as hyphens, since CGI and WSGI make the same variable of both.</summary>
    public static bool Contains(string name)
    {
        // Most begin with other letters.
        if ((name[0] | 0x20) is not ('x' or 'f' or 'c' or 't' or 'p' or 'w' or 's'))
        {
            return false;
        }

        var plain = name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name;
        return Names.Contains(plain) || Array.Exists(Prefixes, prefix => plain.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
    }
}
