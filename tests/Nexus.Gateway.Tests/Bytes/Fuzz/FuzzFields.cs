using Nexus.Gateway.Tests.Harness.Wire;

namespace Nexus.Gateway.Tests.Bytes.Fuzz;

/// <summary>Compares valid messages with what came out at the other side.</summary>
internal static class FuzzFields
{
    private static readonly string[] HopByHop =
    [
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Alt-Svc",
        "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization",
    ];

    private static readonly string[] NotCompared = [.. HopByHop, "Content-Length", "Host", "Server", "Expect"];

    private static readonly string[] AddedToRequests = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"];

    private static readonly string[] AddedToResponses =
        ["Date", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Content-Security-Policy"];

    // What a client says of itself as a proxy would; docs/gateway.md lists them, and with them every X-Forwarded-….
    private static readonly string[] Claims = ["X-Real-IP", "Forwarded", "X-Original-URL"];

    // For all recipients, so that naming them in Connection means nothing (RFC 9110 §7.6.1).
    private static readonly string[] NeverNominated =
    [
        "Host", "Content-Length", "Content-Type", "Content-Encoding", "Content-Range", "Content-Location",
        "Authorization", "WWW-Authenticate", "Cookie", "Set-Cookie", "Cache-Control", "Date", "Expect", "Location", "Vary",
    ];

    public static void CompareRequest(WireMessage sent, WireMessage got, List<string> wrong)
    {
        foreach (var name in got.Fields.Select(f => f.Key).Where(name => Is(HopByHop, name) && !IsOurs(sent, name)))
        {
            wrong.Add($"{name} was forwarded to a replica");
        }

        if (sent["Host"] is { } host && got["Host"] != host)
        {
            wrong.Add($"Host came out as {got["Host"]}");
        }

        Compare(sent, got, AddedToRequests, "request", wrong);
    }

    public static void CompareResponse(FuzzStep step, WireMessage got, List<string> wrong)
    {
        var sent = step.Response;
        var body = sent.Status == 205 ? [] : sent.Body;
        if (got.Verdict == Verdict.Incomplete || got.Status != sent.Status || !got.Body.AsSpan().SequenceEqual(body))
        {
            wrong.Add($"the response came out as {got}");
            return;
        }

        Compare(sent, got, AddedToResponses, "response", wrong);
    }

    private static void Compare(WireMessage sent, WireMessage got, string[] added, string what, List<string> wrong)
    {
        var nominated = (sent["Connection"] ?? "").Split(',').Select(n => n.Trim(' ', '\t')).Where(n => !Is(NeverNominated, n)).ToList();
        foreach (var field in sent.Fields.Select(f => f.Key).Distinct(StringComparer.OrdinalIgnoreCase).Where(field => !Is(NotCompared, field)))
        {
            var isDropped = nominated.Contains(field, StringComparer.OrdinalIgnoreCase) || (what == "request" && IsClaim(field));
            if (isDropped && !Is(added, field) ? got[field] is not null : !isDropped && got[field] != sent[field] && !JoinsOtherwise(sent, field))
            {
                wrong.Add($"{what} field {field} was '{sent[field]}' and came out as '{got[field]}'");
            }
        }

        foreach (var field in got.Fields.Select(f => f.Key))
        {
            if (!Is(NotCompared, field) && !Is(added, field) && sent[field] is null)
            {
                wrong.Add($"{what} field {field} was added");
            }
        }
    }

    // What the gateway says to the replica itself.
    private static bool IsOurs(WireMessage sent, string name) =>
        name == "Transfer-Encoding" || (name is "Connection" or "Upgrade" && sent["Upgrade"]?.Contains("websocket", StringComparison.OrdinalIgnoreCase) == true);

    private static bool IsClaim(string field) => Is(Claims, field) || field.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);

    private static bool Is(string[] names, string field) => names.Contains(field, StringComparer.OrdinalIgnoreCase);

    // Lines of these are joined by something else than a comma.
    private static bool JoinsOtherwise(WireMessage sent, string field) =>
        sent.Fields.Count(f => f.Key.Equals(field, StringComparison.OrdinalIgnoreCase)) > 1
        && field.ToLowerInvariant() is "cookie" or "user-agent" or "server";
}
