using System.Text;

namespace Nexus.Gateway.Tests.Bytes.Fuzz;

/// <summary>Random requests and responses, made by the grammar and, here and there, at its edges or just beyond.</summary>
internal sealed class FuzzMessages(Random random, string host)
{
    private static readonly string[] Methods =
        ["GET", "GET", "GET", "HEAD", "HEAD", "POST", "POST", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "X-!#$%&'*+.^_`|~1", "TRACE", "CONNECT", "get"];

    private static readonly string[] RequestNames =
    [
        "Accept", "Accept-Language", "Accept-Encoding", "Authorization", "Cookie", "If-None-Match", "Origin", "Range", "Referer", "User-Agent",
        "X-Note", "x-trace_id", "Upgrade-Insecure-Requests", "Content-Type", "Content-Language", "Cache-Control", "Keep-Alive", "TE",
        "Proxy-Authorization", "X-Forwarded-For", "X-Real-IP", "Forwarded", "Priority", "Sec-Fetch-Mode", "Date", "traceparent", "Pragma",
        "Max-Forwards", "Via", "From", "If-Range", "If-Modified-Since", "Content-Encoding", "Content-Location", "Allow", "!#$%&'*+-.^_`|~9",
        "Proxy-Connection", "Trailer", "HTTP2-Settings", "Accept-Charset", "Warning", "Digest", "X-Forwarded-Proto", "X-Original-URL",
    ];

    private static readonly string[] ResponseNames =
    [
        "Content-Type", "ETag", "Set-Cookie", "Location", "Cache-Control", "Vary", "X-Note", "Last-Modified", "Expires", "Allow",
        "Content-Encoding", "Content-Disposition", "X-Frame-Options", "Age", "Keep-Alive", "Proxy-Authenticate", "Retry-After", "Date",
        "Link", "WWW-Authenticate", "Access-Control-Allow-Origin", "Content-Language", "Via", "Warning", "Server", "Alt-Svc", "Upgrade",
        "Accept-Ranges", "Content-Range", "Content-MD5", "Content-Location", "Pragma", "Trailer", "Strict-Transport-Security",
    ];

    // 502 to 504 would be held against the replica by themselves.
    private static readonly int[] Statuses =
    [
        200, 200, 200, 200, 200, 201, 202, 203, 204, 204, 205, 206, 226, 299, 300, 301, 302, 303, 304, 304, 307, 308, 400, 401, 403, 404, 405,
        406, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 426, 428, 429, 431, 451, 499, 500, 501, 505, 507, 599,
    ];

    public bool Chance(int percent) => random.Next(100) < percent;

    public T Pick<T>(T[] choices) => choices[random.Next(choices.Length)];

    public byte[] Request()
    {
        var text = new StringBuilder();
        var method = Pick(Methods);
        var isOld = Chance(6);
        text.Append(method).Append(' ').Append(Target(method)).Append(isOld ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
        text.Append(isOld && Chance(30) ? "" : $"Host: {host}\r\n");
        Fields(text, RequestNames);
        text.Append(Chance(80) ? "" : $"Connection: {Pick(["close", "keep-alive", "", "Keep-Alive, close"])}, {Pick(RequestNames)}\r\n");
        text.Append(isOld && Chance(50) ? "Connection: keep-alive\r\n" : "");
        text.Append(Chance(95) ? "" : "Connection: close\r\n");
        text.Append(Chance(96) ? "" : $"Upgrade: {Pick(["websocket", "h2c", "TLS/1.0, IRC/6.9"])}\r\nConnection: {Pick(["Upgrade", "upgrade, HTTP2-Settings"])}\r\n");
        text.Append(Chance(95) ? "" : "Expect: 100-continue\r\n");
        Body(text, mayBeUnframed: false);
        return AtTheEdge(text);
    }

    public byte[] Response()
    {
        var text = new StringBuilder();
        while (Chance(8))
        {
            text.Append(Pick(["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 199 Odd\r\nContent-Length: 5\r\n\r\n"]));
        }

        text.Append(Chance(94) ? "HTTP/1.1 " : "HTTP/1.0 ").Append(Chance(98) ? Pick(Statuses) : 101).Append(' ').Append(Chance(70) ? "Fine" : Value()).Append("\r\n");
        Fields(text, ResponseNames);
        text.Append(Chance(85) ? "" : $"Connection: {Pick(["keep-alive", "close", "upgrade"])}, {Pick(ResponseNames)}\r\n");
        Body(text, mayBeUnframed: true);
        return AtTheEdge(text);
    }

    private string Target(string method)
    {
        if (method == "OPTIONS" && Chance(30))
        {
            return "*";
        }

        if (method == "CONNECT" && Chance(80))
        {
            return $"{host}:443";
        }

        var text = new StringBuilder(Chance(93) ? "" : "http://" + (Chance(90) ? host : Pick([$"{host}:80", $"u@{host}", "", host.ToUpperInvariant()])));
        for (var segments = random.Next(text.Length > 0 ? 0 : 1, 5); segments > 0; segments--)
        {
            text.Append('/').Append(Pick(["", "a", "..", ".", "%2F", "%2e%2E", "caf%C3%A9", "%zz", "a;b=c", "~x", "!$&'()*+,=:@", "%", "x%20y", "%ff", "%5c..", "%0d%0a", "a\\b", "[x]"]));
        }

        return text.Append(Pick(["", "", "", "?", "?a=b&c", "??", "?q=%2F/../x", "?a=%", "?u=http://x/", "?a|b"])).Append(Chance(99) ? "" : "#part").ToString();
    }

    private void Fields(StringBuilder text, string[] names)
    {
        for (var left = random.Next(8); left > 0; left--)
        {
            var name = Pick(names);
            text.Append(Chance(80) ? name : name.ToUpperInvariant()).Append(':').Append(Pick(["", " ", "  \t"])).Append(Value()).Append(Pick(["", "", " "])).Append("\r\n");
        }
    }

    private string Value()
    {
        var text = new StringBuilder();
        for (var left = random.Next(16); left > 0; left--)
        {
            text.Append(random.Next(6) switch
            {
                0 => (char)random.Next(0x80, 0x100),
                1 => Pick([' ', '\t', ',', ';', '"', '=', '\\', '(']),
                _ => (char)random.Next('!', '\u007f'),
            });
        }

        return text.ToString().Trim(' ', '\t');
    }

    private void Body(StringBuilder text, bool mayBeUnframed)
    {
        var size = random.Next(100) switch { < 60 => random.Next(40), < 97 => random.Next(400), _ => random.Next(30_000) };
        var body = string.Create(size, random, static (span, random) =>
        {
            foreach (ref var c in span)
            {
                c = (char)random.Next(256);
            }
        });
        switch (random.Next(mayBeUnframed ? 6 : 5))
        {
            case 0:
                text.Append(mayBeUnframed ? "Content-Length: 0\r\n\r\n" : "\r\n");
                break;
            case 1 or 2:
                text.Append("Content-Length: ").Append(Pick(["", "", "", "0", "000"])).Append(body.Length).Append("\r\n\r\n").Append(body);
                break;
            case 3 or 4:
                text.Append("Transfer-Encoding: ").Append(Pick(["chunked", "chunked", "Chunked"])).Append("\r\n\r\n");
                Chunks(text, body);
                break;
            default:
                text.Append("\r\n").Append(body);
                break;
        }
    }

    private void Chunks(StringBuilder text, string body)
    {
        foreach (var chunk in body.Chunk(random.Next(1, Math.Max(30, body.Length))))
        {
            text.Append(chunk.Length.ToString(Chance(50) ? "x" : "X4")).Append(Extension()).Append("\r\n").Append(chunk).Append("\r\n");
        }

        text.Append(Pick(["0", "0", "000"])).Append(Extension()).Append("\r\n");
        for (; Chance(10);)
        {
            text.Append(Pick(["X-Sum: 1", "X-Note: \u00e9", "Content-Length: 7", "Transfer-Encoding: gzip", "Host: other.test", "Set-Cookie: a=b"])).Append("\r\n");
        }

        text.Append("\r\n");
    }

    private string Extension() => Chance(90) ? "" : Pick([";a=b", ";a", ";a=\"b c\"", " ; a = b", ";a=b;c=d", ";" + new string('x', 300)]);

    /// <summary>Now and then, what the RFCs let a recipient refuse or repair, or tell it to refuse.</summary>
    private byte[] AtTheEdge(StringBuilder message)
    {
        var text = message.ToString();
        if (Chance(88))
        {
            return Encoding.Latin1.GetBytes(text);
        }

        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 2;
        var (head, rest) = (text[..end], text[end..]);
        head = random.Next(12) switch
        {
            0 => head.ReplaceLineEndings("\n"),
            1 => head.Replace("\r\nHost:", "\nHost:", StringComparison.Ordinal),
            2 => head + "X-Fold: a\r\n\t b\r\n",
            3 => head + "X-Null: a\0b\r\n",
            4 => head + "X-Bare: a\rb\r\n",
            5 => head + $"X-Giant: {new string('g', random.Next(60_000, 70_000))}\r\n",
            6 => head + string.Concat(Enumerable.Range(0, random.Next(150, 260)).Select(i => $"X-{i}: {i}\r\n")),
            7 => head + $"Content-Length: {random.Next(50)}\r\n",
            8 => head + "Transfer-Encoding: chunked\r\n",
            9 => head + "Host: other.test\r\n",
            10 => head + $"{Pick(["X-Space : 1", "no colon", ": no name", " first fold", "X(1): a", "X-Del: \u007f"])}\r\n",
            _ => Repeated(head),
        };
        return Encoding.Latin1.GetBytes(head + rest);
    }

    private static string Repeated(string head)
    {
        var line = head.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length", StringComparison.Ordinal));
        return line is null ? head : $"{head}{line}\r\n";
    }
}
