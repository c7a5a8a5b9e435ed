using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Nexus.Gateway.Forwarding;

/// <summary>Fields that concern one connection and end at the gateway (RFC 9110 §7.6.1).</summary>
internal static class HopByHop
{
    private static readonly FrozenSet<string> Always = FrozenSet.ToFrozenSet(
        [
            "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings",
            "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization",
            "Alt-Svc", // Names ports of the replica, which clients do not reach.
        ],
        StringComparer.OrdinalIgnoreCase);

    // For all recipients by their definition, so never a connection option, whatever a Connection field says.
    private static readonly FrozenSet<string> NeverNominated = FrozenSet.ToFrozenSet(
        [
            "Host", "Content-Length", "Content-Type", "Content-Encoding", "Content-Range", "Content-Location",
            "Authorization", "WWW-Authenticate", "Cookie", "Set-Cookie", "Cache-Control", "Date", "Expect", "Location", "Vary",
        ],
        StringComparer.OrdinalIgnoreCase);

    public static bool IsHopByHop(string name) => Always.Contains(name);

    /// <summary>The fields that a Connection field nominates and that may be.</summary>
    public static List<string>? Nominated(StringValues connection)
    {
        List<string>? nominated = null;
        foreach (var value in connection)
        {
            foreach (var part in (value ?? "").AsSpan().Split(','))
            {
                var name = value.AsSpan()[part].Trim(" \t");
                if (name.Length == 0
                    || name.Equals("close", StringComparison.OrdinalIgnoreCase)
                    || name.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
                    || name.Equals("upgrade", StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                var text = name.ToString();
                if (!NeverNominated.Contains(text) && FieldText.IsToken(text))
                {
                    (nominated ??= []).Add(text);
                }
            }
        }

        return nominated;
    }

    public static bool Names(List<string>? nominated, string name) =>
        nominated is not null && nominated.Contains(name, StringComparer.OrdinalIgnoreCase);
}
